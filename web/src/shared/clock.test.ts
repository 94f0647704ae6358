import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { heardAt, now } from './clock';

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-11-22T01:00:00Z') });
});
afterEach(() => {
  heardAt(new Date(Date.now()).toUTCString());
  vi.useRealTimers();
});

it('is the machine, as long as the node says much the same', () => {
  heardAt('Sun, 22 Nov 2026 01:01:30 GMT');
  expect(now().toISOString()).toBe('2026-11-22T01:00:00.000Z');
});

it('is the node, where the machine is off, and goes on with the machine', () => {
  heardAt('Wed, 02 Dec 2026 23:00:00 GMT');
  expect(now().toISOString()).toBe('2026-12-02T23:00:00.000Z');
  vi.advanceTimersByTime(3_000);
  expect(now().toISOString()).toBe('2026-12-02T23:00:03.000Z');
  heardAt(null);
  heardAt('nonsense');
  expect(now().toISOString()).toBe('2026-12-02T23:00:03.000Z');
  heardAt('Sun, 22 Nov 2026 01:00:03 GMT');
  expect(now().toISOString()).toBe('2026-11-22T01:00:03.000Z');
});
