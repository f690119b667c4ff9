import { isIP } from 'node:net';
import type { Failure } from '#protocol/failure.ts';
import type { Finding } from '#protocol/finding.ts';
import type { OpenTarget } from '../core/handler.ts';
import type { Judged } from './answer.ts';
import type { Calls } from './calls.ts';
import { extendMessage } from './handler-result.ts';
import { gatewayWords, judgeAnonymous, recogniseInstance } from './instance.ts';
import type { Certificate } from './server-certificate.ts';
import { peekRow } from './table-api.ts';
import type { TransportResult } from './transport.ts';

/** What a decisive probe found; a failure is that of the whole test. */
export interface Probed {
  readonly finding: Finding;
  readonly failure?: Failure;
}

/** Tells whether the host was reached: DNS, proxy, TCP and TLS, with the time they took. */
export async function probeReach(
  baseUrl: string,
  anonymous: TransportResult,
  readCertificate: (baseUrl: string) => Promise<Certificate | undefined>,
): Promise<Probed> {
  if (anonymous.kind === 'answer') {
    const connected = anonymous.connectMs === undefined ? '' : `connected in ${Math.round(anonymous.connectMs)} ms, `;
    const message = `reached ${baseUrl} by ${nameSteps(baseUrl)}: ${connected}answered in ${Math.round(anonymous.ms)} ms`;
    return { finding: { probe: 'reach', status: 'passed', message } };
  }
  const judged = judgeAnonymous(anonymous);
  if (judged.kind === 'failed' && judged.failure.code === 'servicenow-reset' && baseUrl.startsWith('http:'))
    return fail('reach', { ...judged, failure: { ...judged.failure, remedy: `${judged.failure.remedy} ${ifTls}` } });
  if (judged.kind === 'ok' || anonymous.kind !== 'not-sent' || anonymous.cause !== 'tls') return fail('reach', judged);
  const certificate = await readCertificate(baseUrl);
  if (certificate === undefined) return fail('reach', judged);
  const said = `the certificate there is for "${certificate.subject}" and was issued by "${certificate.issuer}"`;
  return fail('reach', { ...judged, failure: extendMessage(judged.failure, said) });
}

/** A port that wants TLS mostly hangs up on a plain request. */
const ifTls = 'If it repeats, see whether there is TLS at that port: then the base URL begins with https:.';

function nameSteps(baseUrl: string): string {
  const { protocol, hostname } = new URL(baseUrl);
  const tcp = isIP(hostname.replace(/^\[|\]$/g, '')) === 0 ? 'DNS, TCP' : 'TCP';
  return protocol === 'https:' ? `${tcp} and TLS` : `${tcp.replace(', ', ' and ')} (no TLS)`;
}

/** Tells whether a live instance answers. What only looks like none warns: the credentials decide then. */
export function probeInstance(anonymous: TransportResult): Probed {
  const probe = 'instance';
  const met = recogniseInstance(anonymous);
  switch (met.kind) {
    case 'guarded':
      return { finding: { probe, status: 'passed', message: 'a live instance answers' } };
    case 'open': {
      const message = 'an instance answers, and it answers table sys_user without credentials';
      const remedy = 'Let the administrator of the instance see why anonymous calls may read users.';
      return { finding: { probe, status: 'warning', message, remedy } };
    }
    case 'gateway':
      return { finding: { probe, status: 'warning', ...gatewayWords } };
    case 'forbidding': {
      const { message: said } = met.refused.failure;
      const message = `an instance answers, and it refuses anonymous calls in its own way: ${said}`;
      return { finding: { probe, status: 'warning', message, remedy: 'Nothing, if the credentials are accepted.' } };
    }
    case 'other':
      return fail(probe, met.refused);
  }
}

/** Tells whether the credentials are accepted; 403 proves that they are, when the instance itself says it. */
export async function probeCredentials(calls: Calls): Promise<Probed> {
  const judged = await peekRow(calls, 'task', ['sys_id']);
  const isForbidden = judged.kind === 'failed' && judged.failure.code === 'servicenow-forbidden';
  if (isForbidden && judged.inOwnWords !== true)
    return fail('credentials', { ...judged, failure: { ...judged.failure, remedy: strangerForbidsRemedy } });
  if (judged.kind === 'ok' || isForbidden) {
    const message = `${nameCredentials(calls.context.target)} accepted`;
    return { finding: { probe: 'credentials', status: 'passed', message } };
  }
  return fail('credentials', judged);
}

const strangerForbidsRemedy =
  'This is not how an instance refuses: a proxy, a firewall or a gateway between the delegate and the instance does. Let it pass calls with credentials, or correct the base URL.';

function nameCredentials({ authentication }: OpenTarget): string {
  switch (authentication.kind) {
    case 'basic':
    case 'oauth-password':
      return `the credentials of ${authentication.username} are`;
    case 'oauth-client-credentials':
    case 'oauth-refresh-token':
      return `the credentials of the OAuth client ${authentication.clientId} are`;
    case 'api-key':
      return 'the API key is';
  }
}

function fail(probe: string, judged: Judged<unknown>): Probed {
  if (judged.kind === 'ok') return { finding: { probe, status: 'passed', message: 'answered' } };
  const { message, remedy } = judged.failure;
  return { finding: { probe, status: 'failed', message, remedy }, failure: judged.failure };
}
