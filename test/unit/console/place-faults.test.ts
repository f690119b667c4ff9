import { expect, it } from 'vitest';
import { placeFaults } from '../../../manager/console/parts/place-faults.ts';

it.each([
  [{ name: 'is taken' }, { name: 'is taken' }],
  [{ 'selectors.0': 'is too long' }, { selectors: 'is too long' }],
  [{ 'auth.username.x': 'odd' }, { 'auth.username': 'odd' }],
  [{ selectorsx: 'is unknown' }, {}],
  [{ 'selectors.0': 'one', 'selectors.1': 'two' }, { selectors: 'one; two' }],
])('a fault stands at the field in which it is: %j', (faults, placed) => {
  expect(placeFaults(faults, ['name', 'auth', 'auth.username', 'selectors'])).toEqual(placed);
});
