import type { Failure } from '#protocol/failure.ts';
import type { Finding } from '#protocol/finding.ts';
import type { Handler, HandlerResult } from '../core/handler.ts';
import type { AccessTokens } from './access-tokens.ts';
import { findStop, openCalls } from './calls.ts';
import { type Probed, probeCredentials, probeInstance, probeReach } from './connection-probes.ts';
import { failed } from './handler-result.ts';
import { anonymousRequest } from './instance.ts';
import type { Certificate } from './server-certificate.ts';
import { probeTables, tableWriteFinding } from './table-probes.ts';
import { type AnswerTime, judgeSpeed, probeClock } from './time-probes.ts';
import type { Sender } from './transport.ts';
import { judgeRoles, probeTimeZone, readCurrentUser, readRoles } from './user-probes.ts';

export interface ConnectionTestOptions {
  readonly sender: Sender;
  readonly tokens: AccessTokens;
  /** What the instance's clock is compared with. */
  readonly wallClockMs: () => number;
  readonly readCertificate: (baseUrl: string) => Promise<Certificate | undefined>;
}

/**
 * Tests a connector. Reach, instance and credentials decide: when one fails, so does the task, with its failure and what
 * was found until then; all else is a finding.
 */
export function createConnectionTest(options: ConnectionTestOptions): Handler<'connection.test'> {
  return async (_params, context): Promise<HandlerResult<'connection.test'>> => {
    const times: AnswerTime[] = [];
    // Tokens that are kept would be accepted, though the credentials may not give another.
    const tokens = options.tokens.fromNowOn();
    const calls = openCalls({ send: timeAnswers(options.sender, times), tokens }, context);
    const findings: Finding[] = [];
    const tell = (found: readonly Finding[]) => {
      // What is known only because it could not begin any more is no finding.
      if (findStop(context) === undefined) for (const finding of found) context.tell(finding);
      return found;
    };
    const { baseUrl } = context.target;
    const fail = (found: Failure) =>
      failed(findings.length === 0 ? found : { ...found, partialResult: { findings } }, false);

    const anonymous = await calls.readAnonymously(anonymousRequest);
    const answeredAtMs = options.wallClockMs();
    if (anonymous.kind === 'failed') return fail(anonymous.failure);

    const decisive: readonly (() => Probed | Promise<Probed>)[] = [
      () => probeReach(baseUrl, anonymous, options.readCertificate),
      () => probeInstance(anonymous),
      () => probeCredentials(calls),
    ];
    for (const probe of decisive) {
      const { finding, failure } = await probe();
      const stop = findStop(context);
      if (failure !== undefined && stop !== undefined) return fail(stop.failure);
      findings.push(...tell([finding]));
      if (failure !== undefined) return fail(failure);
    }

    const user = await readCurrentUser(calls);
    // Side by side, so that a slow instance does not make the test last as many times longer.
    const [roles, tables, timeZone] = await Promise.all([
      readRoles(calls, user).then((seen) => tell(judgeRoles(seen))),
      probeTables(calls, tell),
      probeTimeZone(calls, user).then((zone) => tell([zone])),
    ]);
    // Probes that could no longer begin read as unknown; the truth is that the test was cut short.
    const stop = findStop(context);
    if (stop !== undefined) return fail(stop.failure);
    const clock = probeClock(anonymous, answeredAtMs);
    findings.push(...roles, ...tables, ...tell([tableWriteFinding, clock]), ...timeZone, ...tell([judgeSpeed(times)]));
    const result = user === undefined ? { findings } : { findings, user: user.userName };
    return { kind: 'succeeded', result, sideEffect: false };
  };
}

function timeAnswers(sender: Sender, times: AnswerTime[]): Sender['send'] {
  return async (target, request) => {
    const outcome = await sender.send(target, request);
    const [path = ''] = request.path.split('?');
    if (outcome.kind === 'answer') times.push({ path, ms: outcome.ms });
    return outcome;
  };
}
