import { describe, expect, it } from 'vitest';
import type { TestTask } from '../../../manager/console/pages/connectors/api-shapes.ts';
import { failedTestIn, readTest } from '../../../manager/console/pages/connectors/read-test.ts';

const task: TestTask = {
  id: 'tsk_1',
  type: 'connection.test',
  state: 'running',
  connectorId: '',
  selectors: [],
  createdAt: '2026-01-01T00:00:00.000Z',
  pickUpBy: '2026-01-01T00:01:00.000Z',
  deadlineAt: '2026-01-01T00:02:00.000Z',
  attempts: [{ attempt: 1, delegateId: 'del_1', delegateName: 'd1', assignedAt: '2026-01-01T00:00:01.000Z' }],
};
const passed = { probe: 'reach', status: 'passed', message: 'reached' } as const;
const refused = { probe: 'credentials', status: 'failed', message: 'HTTP 401', remedy: 'Check it.' } as const;
const failure = {
  code: 'servicenow-unauthenticated',
  message: 'HTTP 401',
  remedy: 'Check it.',
  retry: 'never',
} as const;

describe('what a connection test says', () => {
  it('is nothing yet while nobody has it', () => {
    const reading = readTest({ ...task, state: 'queued', attempts: [] });
    expect(reading).toEqual({ state: 'waiting', findings: [], delegate: undefined, because: undefined });
  });

  it('is what was found so far while it runs', () => {
    const running = { ...task, progress: { findings: [passed, { probe: 1 }, 'odd'] } };
    expect(readTest(running as TestTask)).toMatchObject({ state: 'running', findings: [passed], delegate: 'd1' });
  });

  it('is all findings when it passed', () => {
    const outcome = { kind: 'succeeded', result: { findings: [passed] } } as const;
    expect(readTest({ ...task, outcome })).toMatchObject({ state: 'passed', findings: [passed], delegate: 'd1' });
  });

  it('tells a failure once where a finding says the same', () => {
    const partialResult = { findings: [passed, refused] };
    expect(readTest({ ...task, outcome: { kind: 'failed', failure: { ...failure, partialResult } } })).toEqual({
      state: 'failed',
      findings: [passed, refused],
      delegate: 'd1',
      because: undefined,
    });
  });

  it.each(['failed', 'expired'] as const)('tells why it %s where no finding does', (kind) => {
    const reading = readTest({ ...task, outcome: { kind, failure } });
    expect(reading).toMatchObject({ state: kind, findings: [], because: failure });
  });

  it('tells why it was cancelled', () => {
    const outcome = { kind: 'cancelled', reason: 'the caller has gone' } as const;
    expect(readTest({ ...task, outcome })).toMatchObject({ state: 'cancelled', because: { message: outcome.reason } });
  });
});

describe('the test in a refusal to store', () => {
  it('is found in the problem', () => {
    expect(failedTestIn({ code: 'connector-test-failed', task })).toBe(task);
  });

  it.each([
    { code: 'invalid-request', task },
    { code: 'connector-test-failed' },
    { code: 'connector-test-failed', task: 'odd' },
  ])('is none where there is none: %#', (problem) => {
    expect(failedTestIn(problem)).toBeUndefined();
  });
});
