import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countInWords, holdersOf, tagsOf } from '../../../manager/console/pages/connectors/selector-count.ts';
import { canonicalTags, missingSelectors } from '../../../protocol/selectors.ts';

const tags = fc.array(fc.constantFrom('a', 'A', 'b', ' B ', 'c', ''), { maxLength: 4 });
const delegate = (name: string, state: 'online' | 'offline' | 'stuck', ...held: string[]) => ({
  name,
  state,
  tags: held,
});
const d1 = delegate('d1', 'online', 'dc1', 'linux');
const d2 = delegate('d2', 'online', 'dc1');
const stuck = delegate('d3', 'stuck', 'dc1', 'gpu');
const offline = delegate('d4', 'offline', 'old');
const six = ['1', '2', '3', '4', '5', '6'].map((name) => delegate(name, 'online', 'dc1'));

describe('the count beside the selectors', () => {
  it('is that of the manager: all must be held, whatever their case', () => {
    fc.assert(
      fc.property(tags, tags, (selectors, held) => {
        const holds = missingSelectors(canonicalTags(selectors), canonicalTags(held)).length === 0;
        expect(holdersOf(selectors, [delegate('d', 'online', ...held)])).toEqual(holds ? ['d'] : []);
      }),
    );
  });

  it('counts online delegates alone', () => {
    expect(holdersOf(['DC1'], [d1, d2, stuck, offline])).toEqual(['d1', 'd2']);
  });

  it('offers the tags of those that are there', () => {
    expect(tagsOf([d1, stuck, offline])).toEqual(['dc1', 'gpu', 'linux']);
  });

  it.each([
    ['No delegate is online.', [], []],
    ['No delegate is online.', ['dc1'], [offline]],
    ['1 delegate is online, and any may be asked: d1', [], [d1]],
    ['1 delegate is online with all of these: d1', ['linux'], [d1, d2]],
    ['2 delegates are online with all of these: d1, d2', ['dc1'], [d2, d1]],
    ['None of the 2 online delegates holds all of these.', ['mars'], [d1, d2]],
    ['The one online delegate does not hold all of these.', ['mars'], [d1]],
    ['6 delegates are online with all of these: 1, 2, 3, 4, 5 and 1 more', ['dc1'], six],
  ])('says: %s', (words, selectors, delegates) => {
    expect(countInWords(selectors, delegates)).toBe(words);
  });
});
