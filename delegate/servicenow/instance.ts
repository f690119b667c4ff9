import { type Judged, judgeRows, type Refused, type Row } from './answer.ts';
import { type Asked, readErrorObject } from './refusal.ts';
import type { HttpRequest, TransportResult } from './transport.ts';

/** The request that a live instance must refuse when it comes without credentials. */
export const anonymousRequest: HttpRequest = {
  method: 'GET',
  path: 'api/now/table/sys_user?sysparm_limit=1&sysparm_fields=sys_id',
  // So that the time to connect can be told, and a time-out to connect from one to answer.
  ownConnection: true,
};

/**
 * What the anonymous request met. guarded: an instance that refuses it with 401 in its own JSON, as it should (traps 4
 * and 5). open: one that answers it. forbidding: 403 in an instance's JSON. gateway: 401 in other words than an
 * instance's. other: anything else, or no answer.
 */
export type Met =
  | { readonly kind: 'guarded' }
  | { readonly kind: 'open' }
  | { readonly kind: 'forbidding'; readonly refused: Refused }
  | { readonly kind: 'gateway'; readonly refused: Refused }
  | { readonly kind: 'other'; readonly refused: Refused };

/** Judges what came back for the anonymous request, as for any other. */
export function judgeAnonymous(anonymous: TransportResult): Judged<readonly Row[]> {
  return judgeRows(asked, anonymous);
}

/** Recognises a live instance by what came back for the anonymous request. */
export function recogniseInstance(anonymous: TransportResult): Met {
  const judged = judgeAnonymous(anonymous);
  if (judged.kind === 'ok') return { kind: 'open' };
  const fromPlatform = anonymous.kind === 'answer' && readErrorObject(anonymous.body) !== undefined;
  switch (judged.status) {
    case 401:
      return fromPlatform ? { kind: 'guarded' } : { kind: 'gateway', refused: judged };
    case 403:
      return { kind: fromPlatform ? 'forbidding' : 'other', refused: judged };
    default:
      return { kind: 'other', refused: explainStranger(judged, anonymous) };
  }
}

/** Where an instance would have asked for credentials, such an answer is not an instance's. */
function explainStranger(refused: Refused, anonymous: TransportResult): Refused {
  if (anonymous.kind === 'answer' && tellsTlsPort.test(anonymous.body))
    return { ...refused, failure: { ...refused.failure, remedy: tlsPortRemedy } };
  switch (refused.failure.code) {
    case 'servicenow-not-json':
    case 'servicenow-undecodable':
    case 'servicenow-bad-request':
      // 407 is a proxy's, and says so.
      return refused.status === undefined || refused.status === 407
        ? refused
        : { ...refused, failure: { ...refused.failure, remedy: strangerRemedy } };
    default:
      return refused;
  }
}

/** In the words of nginx, Apache and Go. */
const tellsTlsPort = /plain HTTP request was sent to HTTPS port|plain HTTP to an SSL-enabled|HTTP request to an HTTPS/i;

const tlsPortRemedy = 'There is TLS at that port: the base URL begins with https:, or the port is another one.';

const strangerRemedy =
  'What answers there is no ServiceNow instance: check the host, the port and the path of the base URL, which is the address of the instance itself, such as https://example.service-now.com/, and whether a proxy or a portal answers in its place.';

/** What to say of a gateway; its own failure would blame credentials that were not sent. */
export const gatewayWords = {
  message: 'the anonymous request was refused, but not in the words of a ServiceNow instance',
  remedy: 'A proxy or gateway in front of the instance wants to be logged in to: check the base URL.',
} as const;

const asked: Asked = { method: 'GET', subject: 'table sys_user without credentials', addressesRecord: false };
