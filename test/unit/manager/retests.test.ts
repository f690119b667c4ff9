import { describe, expect, it } from 'vitest';
import { type FailureCode, failure } from '#protocol/failure.ts';
import type { Outcome, TaskView } from '#protocol/task.ts';
import { type ConnectorDocument, withTest } from '../../../manager/core/connector-record.ts';
import { dueTests } from '../../../manager/core/retests.ts';
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
    expect(dueTests([{ document, secretsChangedAt }], everyMs, now)).toHaveLength(expected ? 1 : 0);
  });
});

describe('which of several connectors are tested by themselves', () => {
  const now = 100 * everyMs;
  const named = (id: string, outcome?: Outcome, testedAt = 0): ConnectorDocument => ({
    ...stored,
    id,
    ...(outcome ? { lastTest: test(testedAt, outcome) } : {}),
  });
  const due = (documents: ConnectorDocument[], secretsChangedAt = 0) =>
    dueTests(
      documents.map((document) => ({ document, secretsChangedAt })),
      everyMs,
      now,
    );
  const idsOf = (tests: ReturnType<typeof due>) => tests.map(({ document }) => document.id);
  const unauthenticated = failed('servicenow-unauthenticated');

  it('are one of those that log in alike, the one that was looked at longest ago (trap 40)', () => {
    const eight = Array.from({ length: 8 }, (_, index) => named(`con_${index}`));
    expect(idsOf(due(eight))).toEqual(['con_0']);
    expect(idsOf(due([named('a', succeeded, minute), named('b', succeeded, 0), named('c', succeeded, 2)]))).toEqual([
      'b',
    ]);
  });

  it('are none of those that log in like one that was refused, until their secret changes (trap 40)', () => {
    const alike = [named('a'), named('b', succeeded), named('c', unauthenticated, minute)];
    expect(idsOf(due(alike))).toEqual([]);
    expect(idsOf(due(alike, 2 * minute))).toEqual(['a']);
  });

  it('are held no longer when somebody’s own test of one of them has passed since', () => {
    expect(idsOf(due([named('a', unauthenticated), named('b', succeeded, now)]))).toEqual(['a']);
  });

  it('are held by no refusal of another log-in, secret or instance', () => {
    const refused = named('a', unauthenticated);
    const others: Partial<ConnectorDocument>[] = [
      { baseUrl: 'https://other.service-now.com/' },
      { authentication: { kind: 'api-key', apiKey: { secret: 'other' } } },
      { authentication: { kind: 'basic', username: 'u', password: { secret: 'key' } } },
      { authentication: { kind: 'basic', username: 'v', password: { secret: 'key' } } },
    ];
    const ids = others.map((other, index) => ({ ...named(`con_${index}`), ...other }));
    expect(idsOf(due([refused, ...ids]))).toEqual(['con_0', 'con_1', 'con_2', 'con_3']);
  });

  it('are claimed alike by who sees the same, and otherwise after a test', () => {
    const claim = (documents: ConnectorDocument[]) => due(documents)[0]?.claim;
    const [a, b] = [named('a'), named('b')];
    expect(claim([a, b])).toBe(claim([b, a]));
    expect(claim([a, named('b', succeeded)])).not.toBe(claim([a, b]));
    expect(claim([{ ...a, updatedAt: 1 }, b])).not.toBe(claim([a, b]));
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
