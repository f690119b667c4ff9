import { describe, expect, it } from 'vitest';
import { failure } from '#protocol/failure.ts';
import { UsageMeter } from '../../../delegate/core/usage-meter.ts';
import { AccessTokens } from '../../../delegate/servicenow/access-tokens.ts';
import { type Calls, openCalls } from '../../../delegate/servicenow/calls.ts';
import { createMetadataCache } from '../../../delegate/servicenow/metadata-cache.ts';
import type { MetadataReading } from '../../../delegate/servicenow/table-metadata.ts';
import { ManualClock } from '../delegate/manual-clock.ts';

const known: MetadataReading = { kind: 'known', columns: new Map(), whole: true, wholeChoices: true, warnings: [] };
const unknown: MetadataReading = { kind: 'unknown', reason: 'no role' };
const busy: MetadataReading = { kind: 'failed', failure: failure('servicenow-rate-limited', 'x', 'y'), landed: 'no' };

function openCache(reading: MetadataReading) {
  const clock = new ManualClock();
  const asked: string[] = [];
  const read = createMetadataCache(clock, async (_calls, table) => {
    asked.push(table);
    return reading;
  });
  const callsOf = (baseUrl: string, password: string): Calls =>
    openCalls(
      { send: async () => ({ kind: 'not-sent', cause: 'closed', detail: '' }), tokens: new AccessTokens(clock) },
      {
        taskId: 't',
        attempt: 1,
        target: { baseUrl, authentication: { kind: 'basic', username: 'u', password } },
        correlationId: 'c',
        lookFirst: false,
        settleMs: 1,
        usage: new UsageMeter(),
        signal: new AbortController().signal,
        mayBegin: () => true,
        note: () => {},
        tell: () => {},
        clock,
      },
    );
  return { asked, callsOf, clock, read };
}

const instance = 'https://x.example.com/';

describe('keeping what was read of tables', () => {
  it.each([
    ['what is known', known, 600_000],
    ['that something is not known', unknown, 60_000],
  ])('keeps %s for its time', async (_name, reading, ms) => {
    const { asked, callsOf, clock, read } = openCache(reading);
    await read(callsOf(instance, 'p'), 'incident');
    clock.advance(ms - 1);
    expect(await read(callsOf(instance, 'p'), 'incident')).toBe(reading);
    expect(asked).toHaveLength(1);
    clock.advance(1);
    await read(callsOf(instance, 'p'), 'incident');
    expect(asked).toHaveLength(2);
  });

  it('keeps no failure', async () => {
    const { asked, callsOf, read } = openCache(busy);
    await read(callsOf(instance, 'p'), 'incident');
    await read(callsOf(instance, 'p'), 'incident');
    expect(asked).toHaveLength(2);
  });

  it('shares nothing between tables, instances and log-ins', async () => {
    const { asked, callsOf, read } = openCache(known);
    await read(callsOf(instance, 'p'), 'incident');
    await read(callsOf(instance, 'p'), 'problem');
    await read(callsOf('https://y.example.com/', 'p'), 'incident');
    await read(callsOf(instance, 'wrong'), 'incident');
    expect(asked).toHaveLength(4);
  });

  it('forgets the oldest of very many', async () => {
    const { asked, callsOf, read } = openCache(known);
    for (let index = 0; index <= 100; index += 1) await read(callsOf(instance, 'p'), `u_${index}`);
    await read(callsOf(instance, 'p'), 'u_100');
    expect(asked).toHaveLength(101);
    await read(callsOf(instance, 'p'), 'u_0');
    expect(asked).toHaveLength(102);
  });
});
