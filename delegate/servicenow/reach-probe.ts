import { failure } from '#protocol/failure.ts';
import type { ReachFinding } from '#protocol/messages.ts';
import type { ReachProbe } from '../core/reach-checks.ts';
import { anonymousRequest, gatewayWords, recogniseInstance } from './instance.ts';
import type { Sender, TransportResult } from './transport.ts';

/** Makes the probe that sends the anonymous request and judges what it meets. */
export function createReachProbe(sender: Sender): ReachProbe {
  return async (baseUrl, signal) => judgeReach(await sender.send({ baseUrl }, { ...anonymousRequest, signal }));
}

/** Tells a live instance from all else that may answer, and both from a way that is broken. */
function judgeReach(anonymous: TransportResult): ReachFinding {
  const met = recogniseInstance(anonymous);
  switch (met.kind) {
    case 'guarded':
    case 'open':
      return { kind: 'live' };
    case 'gateway': {
      const { message, remedy } = gatewayWords;
      return { kind: 'not-live', failure: failure('servicenow-unauthenticated', message, remedy) };
    }
    case 'forbidding':
    case 'other':
      return { kind: isWayBroken(anonymous) ? 'unreachable' : 'not-live', failure: met.refused.failure };
  }
}

/** With a connection that stands, the delegate is not at fault; nor with an address that nobody could use. */
function isWayBroken(anonymous: TransportResult): boolean {
  return anonymous.kind === 'not-sent' && anonymous.cause !== 'url';
}
