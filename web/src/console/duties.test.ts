import { expect, it } from 'vitest';
import { MENUS, menuOf, menusOf } from './duties';

it('shows a person what their duties open and nothing else', () => {
  expect(menusOf(['cashier']).flatMap((menu) => menu.pages.map((page) => page.path))).toEqual(['/window']);
  expect(menusOf([])).toEqual([]);
  expect(menusOf(['cashier', 'hub']).map((menu) => menu.title)).toEqual(['国家平台', '医院收费']);
});

it('knows where a path belongs', () => {
  expect(menuOf(MENUS, '/hub/clearing')?.duty).toBe('hub');
  expect(menuOf(MENUS, '/window')?.duty).toBe('cashier');
  expect(menuOf(MENUS, '/elsewhere')).toBeUndefined();
});

it('has no path twice', () => {
  const paths = MENUS.flatMap((menu) => menu.pages.map((page) => page.path));
  expect(new Set(paths).size).toBe(paths.length);
});
