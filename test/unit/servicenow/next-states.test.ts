import { describe, expect, it } from 'vitest';
import type { Row } from '../../../delegate/servicenow/answer.ts';
import { isDeadEnd, readNextStates } from '../../../delegate/servicenow/next-states.ts';

const way = (to: unknown, isAvailable?: unknown) => ({ to_state: to, transition_available: isAvailable });

const labels = { '-1': 'Implement', '0': 'Review', '4': 'Canceled' };

describe('reading the next states of a change', () => {
  it.each<{ what: string; result: Row; legal: string[] }>([
    {
      what: 'leaves out the present one, which is among them (trap 52)',
      result: { available_states: ['0', '4', '-1'], state_transitions: [], state_label: labels },
      legal: ['Review', 'Canceled'],
    },
    {
      what: 'takes a state when one of several ways to it is open (trap 52)',
      result: {
        available_states: ['0', '-1'],
        state_transitions: [[way('0', false), way('0', true)]],
        state_label: labels,
      },
      legal: ['Review'],
    },
    {
      what: 'leaves out a state when all ways to it are barred',
      result: { available_states: ['0', '4', '-1'], state_transitions: [[way('0', false)]], state_label: labels },
      legal: ['Canceled'],
    },
    {
      what: 'reads floats, texts and numbers as the same states (trap 20)',
      result: { available_states: [0.0, '4.0', -1], state_transitions: [[way(4, 'false')]], state_label: labels },
      legal: ['Review'],
    },
    {
      what: 'goes by the ways when there is no list',
      result: { state_transitions: [way('4', true), [way('0', false)]] },
      legal: ['4'],
    },
    {
      what: 'shows values where there are no labels',
      result: { available_states: ['0'], state_label: null },
      legal: ['0'],
    },
  ])('$what', ({ result, legal }) => {
    expect(readNextStates(result, '-1.0')?.legal.map(({ label }) => label)).toEqual(legal);
    expect(readNextStates(result, '-1.0')?.present.value).toBe('-1');
  });

  it.each<Row>([
    {},
    { available_states: 'none', state_transitions: 'none' },
    { state_transitions: [null, 3, [[]], { to_state: {} }] },
  ])('tells nothing of %j', (result) => {
    expect(readNextStates(result, '-1')).toBeUndefined();
  });
});

describe('a state that leads nowhere', () => {
  it.each<{ what: string; result: Row; isSo: boolean }>([
    { what: 'is one without any other', result: { available_states: ['3'], state_transitions: [] }, isSo: true },
    { what: 'is so in lists of none', result: { available_states: [3.0], state_transitions: [[], []] }, isSo: true },
    {
      what: 'is none with a way that is barred',
      result: { available_states: ['3'], state_transitions: [[way('0', false)]] },
      isSo: false,
    },
    {
      what: 'is none with another state',
      result: { available_states: ['3', '4'], state_transitions: [] },
      isSo: false,
    },
    { what: 'is none of another state', result: { available_states: ['4'], state_transitions: [] }, isSo: false },
    { what: 'is none where no state is told', result: { available_states: [], state_transitions: [] }, isSo: false },
    { what: 'is none where no ways are told', result: { available_states: ['3'] }, isSo: false },
    { what: 'is none where nothing is told', result: {}, isSo: false },
  ])('$what', ({ result, isSo }) => {
    expect(isDeadEnd(result, '3.0')).toBe(isSo);
  });
});
