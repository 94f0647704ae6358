import { describe, expect, it } from 'vitest';
import { PLACES } from '@/generated/places';
import { destinationsIn, provincesOf } from '@/filing/destination';
import { laidOut, shortName, TYPE } from './map';
import { POSITIONS } from './positions';

const names = new Map(PLACES);
const citiesOf = (province: string) =>
  destinationsIn(names, province)
    .slice(1)
    .map(({ code, name }, at) => ({ area: code, name, count: (at * 7) % 23 }));

it('every city lies somewhere in the country', () => {
  for (const province of provincesOf(names)) {
    for (const { area, name } of citiesOf(province.code)) {
      const [longitude, latitude] = POSITIONS.get(area) ?? [0, 0];
      expect(longitude > 73 && longitude < 136 && latitude > 3 && latitude < 54, `${area} ${name}`).toBe(
        true,
      );
    }
  }
});

describe('a province', () => {
  it('has the north above and the east to the right', () => {
    const laid = laidOut(citiesOf('420000'), POSITIONS);
    const at = (code: string) => laid?.spots.find((one) => one.area === code);
    const [wuhan, yichang, shiyan, xianning] = ['420100', '420500', '420300', '421200'].map(at);
    expect(wuhan?.x).toBeGreaterThan(yichang?.x ?? 999);
    expect(shiyan?.y).toBeLessThan(wuhan?.y ?? 0);
    expect(xianning?.y).toBeGreaterThan(wuhan?.y ?? 999);
  });

  it('has names that lie over no other name, and most of them', () => {
    for (const province of provincesOf(names)) {
      const laid = laidOut(citiesOf(province.code), POSITIONS);
      if (laid === undefined) continue;
      const boxes = laid.spots.flatMap(({ label, name }) => {
        if (label === undefined) return [];
        const wide = shortName(name).length * TYPE;
        const from = { start: label.x, end: label.x - wide, middle: label.x - wide / 2 }[label.anchor];
        return [{ name, left: from, right: from + wide, top: label.y - TYPE, bottom: label.y }];
      });
      expect(boxes.length * 2, province.name).toBeGreaterThanOrEqual(laid.spots.length);
      for (const [at, one] of boxes.entries()) {
        expect(one.left >= 0 && one.right <= laid.width && one.bottom <= laid.height, one.name).toBe(true);
        for (const other of boxes.slice(at + 1)) {
          const over =
            one.left < other.right &&
            other.left < one.right &&
            one.top < other.bottom &&
            other.top < one.bottom;
          expect(over, `${one.name} over ${other.name}`).toBe(false);
        }
      }
    }
  });

  it('is not drawn of one city, or of none that is known', () => {
    expect(laidOut(citiesOf('420000').slice(0, 1), POSITIONS)).toBeUndefined();
    expect(laidOut([{ area: '999999', name: '某', count: 1 }], POSITIONS)).toBeUndefined();
  });
});

it('says a name as short as people do', () => {
  expect(
    ['武汉市', '恩施土家族苗族自治州', '神农架林区', '大兴安岭地区', '阿坝藏族羌族自治州'].map(shortName),
  ).toEqual(['武汉', '恩施', '神农架', '大兴安岭', '阿坝']);
});
