import { describe, expect, it } from 'vitest';
import { type FailureCode, failure } from '#protocol/failure.ts';
import type { Outcome, TaskView } from '#protocol/task.ts';
import { type ConnectorDocument, withTest } from '../../../manager/core/connector-record.ts';
import { isRetestDue } from '../../../manager/core/retests.ts';
import { isoTime } from '../../../manager/core/task-record.ts';

const minute = 60_000;
const everyMs = 15 * minute;
const succeeded: Outcome = { kind: 'succeeded', result: { findings: [] } };

function failed(code: FailureCode): Outcome {
  return { kind: code === 'no-eligible-delegate' ? 'expired' : 'failed', failure: failure(code, 'm', 'r') };
}

function test(at: number, outcome: Outcome): TaskView {
  return {
    id: `tsk_${at}`,
    type: 'connection.test',
    state: outcome.kind,
    connectorId: 'con_1',
    selectors: [],
    createdAt: isoTime(at),
    pickUpBy: isoTime(at),
    deadlineAt: isoTime(at),
    endedAt: isoTime(at + 1_000),
    attempts: [],
    outcome,
  };
}

const stored: ConnectorDocument = {
  id: 'con_1',
  name: 'dev',
  type: 'servicenow',
  baseUrl: 'https://example.service-now.com/',
  authentication: { kind: 'api-key', apiKey: { secret: 'key' } },
  selectors: [],
  createdAt: 0,
  updatedAt: 0,
};

describe('whether a connector is tested by itself', () => {
  const unauthenticated = failed('servicenow-unauthenticated');
  it.each<[string, Outcome | undefined, number, number, boolean]>([
    ['one never tested, too early', undefined, 0, 14 * minute, false],
    ['one never tested, after the interval', undefined, 0, 15 * minute, true],
    ['one that passed, too early', succeeded, 0, 14 * minute, false],
    ['one that passed, after the interval', succeeded, 0, 15 * minute, true],
    ['one that nobody could test', failed('no-eligible-delegate'), 0, 15 * minute, true],
    ['one that was unreachable', failed('servicenow-unreachable'), 0, 15 * minute, true],
    ['one that was unreachable, with a newer secret, too early', failed('servicenow-unreachable'), 1, minute, false],
    ['one whose log-in was refused (trap 40)', unauthenticated, 0, 100 * 15 * minute, false],
    ['one whose log-in was refused, with a newer secret', unauthenticated, minute, 2 * minute, true],
  ])('%s', (_what, outcome, secretsChangedAt, now, expected) => {
    const document = outcome ? { ...stored, lastTest: test(0, outcome) } : stored;
    expect(isRetestDue(document, secretsChangedAt, everyMs, now)).toBe(expected);
  });
});

describe('since when a connector has passed or failed', () => {
  it('counts from the end of the first test that ended like the last one', () => {
    const outcomes = [succeeded, succeeded, failed('servicenow-tls'), failed('no-eligible-delegate'), succeeded];
    const since: (number | undefined)[] = [];
    let document = stored;
    for (const [index, outcome] of outcomes.entries()) {
      document = withTest(document, test(index * minute, outcome));
      since.push(document.testedSince);
    }
    expect(since).toEqual([0, 0, 2, 2, 4].map((minutes) => minutes * minute + 1_000));
  });
});
