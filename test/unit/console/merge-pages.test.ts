import { describe, expect, it } from 'vitest';
import { mergePages } from '../../../manager/console/pages/tasks/merge-pages.ts';

interface Item {
  readonly id: string;
  readonly createdAt: string;
  readonly state?: string;
}

/** Items by the seconds at which they were made, newest first. */
const items = (...seconds: number[]): Item[] =>
  seconds.map((second) => ({ id: `t${second}`, createdAt: new Date(second * 1_000).toISOString() }));

describe('a list of which only the newest page is read again', () => {
  it.each<{ what: string; newest: number[]; more: boolean; loaded: number[][]; shown: number[]; hasGap?: true }>([
    { what: 'is the newest page alone at first', newest: [3, 2], more: true, loaded: [], shown: [3, 2] },
    { what: 'goes on with what was loaded', newest: [5, 4], more: true, loaded: [[4, 3], [2]], shown: [5, 4, 3, 2] },
    {
      what: 'drops what the newest page has no more',
      newest: [5, 3],
      more: true,
      loaded: [[4, 3], [2]],
      shown: [5, 3, 2],
    },
    { what: 'drops all where nothing comes after', newest: [], more: false, loaded: [[4, 3], [2]], shown: [] },
    { what: 'drops what is left where nothing comes after', newest: [5], more: false, loaded: [[5, 4]], shown: [5] },
    {
      what: 'keeps all where the newest page is empty, and more come',
      newest: [],
      more: true,
      loaded: [[4]],
      shown: [4],
    },
    {
      what: 'may lack some in between',
      newest: [9, 8],
      more: true,
      loaded: [[4, 3]],
      shown: [9, 8, 4, 3],
      hasGap: true,
    },
  ])('$what', ({ newest, more, loaded, shown, hasGap = false }) => {
    const page = { items: items(...newest), ...(more ? { cursor: 'c' } : {}) };
    const merged = mergePages(
      page,
      loaded.map((seconds) => ({ items: items(...seconds) })),
    );
    expect(merged).toEqual({ items: items(...shown), hasGap });
  });

  it('shows what is in both as it is in the newest page, and keeps what was made in the same moment as its last', () => {
    const [one] = items(4);
    const twin = { id: 'twin', createdAt: one?.createdAt ?? '' };
    const newest = { items: [{ id: 't4', createdAt: twin.createdAt, state: 'ended' }], cursor: 'c' };
    const merged = mergePages<Item>(newest, [{ items: [...items(4), twin] }]);
    expect(merged.items).toEqual([...newest.items, twin]);
  });
});
