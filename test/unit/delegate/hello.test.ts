import { describe, expect, it } from 'vitest';
import { decodeFromDelegate, encode } from '#protocol/codec.ts';
import { limits } from '#protocol/limits.ts';
import { knownFeatures, revision } from '#protocol/version.ts';
import { composeHello } from '../../../delegate/link/hello.ts';
import { identity, key } from './fixtures.ts';

describe('hello', () => {
  it('tells the revision, the features, the run and the policy', () => {
    const policy = { hosts: ['*.service-now.com'] };
    expect(composeHello({ ...identity, runId: 'run-1', policy }, 'AAAA', [])).toEqual({
      type: 'hello',
      revision,
      features: [...knownFeatures],
      ...identity,
      runId: 'run-1',
      policy,
      sealKey: 'AAAA',
      inFlight: [],
    });
  });

  it('lists everything that is in flight', () => {
    const inFlight = [key('task-1', 3), key('task-2')];
    expect(composeHello(identity, 'AAAA', inFlight).inFlight).toEqual(inFlight);
  });

  it('keeps to the longest frame before welcome, however much is in flight', () => {
    const inFlight = Array.from({ length: 1_000 }, (_, index) => key(`${index}`.padEnd(128, 'é'), 1_000_000));
    const frame = encode(composeHello(identity, 'AAAA', inFlight));
    expect(Buffer.byteLength(frame)).toBeLessThanOrEqual(limits.maxHelloBytes);
    expect(Buffer.byteLength(frame)).toBeGreaterThan(limits.maxHelloBytes - 400);
    expect(decodeFromDelegate(frame)).toHaveProperty('message');
  });
});
