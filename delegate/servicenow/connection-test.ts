import type { Finding } from '#protocol/finding.ts';
import type { Handler, HandlerResult } from '../core/handler.ts';
import { findStop, openCalls } from './calls.ts';
import {
  type Probed,
  probeClock,
  probeCredentials,
  probeInstance,
  probeReach,
  probeRoles,
  probeTableRead,
  readCurrentUser,
} from './connection-probes.ts';
import { failed, noteLine } from './handler-result.ts';
import { anonymousRequest } from './instance.ts';
import type { Transport } from './transport.ts';

/**
 * Tests a connector. Reach, instance and credentials decide: when one fails, so does the task, with its failure; all
 * else is a finding. `wallClockMs` is what the instance's clock is compared with.
 */
export function createConnectionTest(transport: Transport, wallClockMs: () => number): Handler<'connection.test'> {
  return async (_params, context): Promise<HandlerResult<'connection.test'>> => {
    const calls = openCalls(transport, context);
    const findings: Finding[] = [];
    const { baseUrl } = context.target;

    const anonymous = await calls.readAnonymously(anonymousRequest);
    const answeredAtMs = wallClockMs();
    if (anonymous.kind === 'failed') return failed(anonymous.failure, false);

    const decisive: readonly (() => Probed | Promise<Probed>)[] = [
      () => probeReach(baseUrl, anonymous),
      () => probeInstance(anonymous),
      () => probeCredentials(calls),
    ];
    for (const probe of decisive) {
      const { finding, refused } = await probe();
      if (refused !== undefined) {
        for (const { probe: name, status, message } of findings) noteLine(context, `${name} ${status}: ${message}`);
        return failed(refused.failure, false);
      }
      findings.push(finding);
    }

    const user = await readCurrentUser(calls);
    findings.push(await probeRoles(calls, user));
    for (const table of ['change_request', 'incident']) findings.push(await probeTableRead(calls, table));
    findings.push(await probeClock(calls, anonymous, user, answeredAtMs));
    // Probes that could no longer begin read as unknown; the truth is that the test was cut short.
    const stop = findStop(context);
    if (stop !== undefined) return failed(stop.failure, false);
    const result = user === undefined ? { findings } : { findings, user: user.userName };
    return { kind: 'succeeded', result, sideEffect: false };
  };
}
