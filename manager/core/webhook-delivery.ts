import { judgeStatus, type TryResult } from './delivery-policy.ts';
import { type EndedApproval, messageIdOf, writeMessage } from './delivery-record.ts';
import type { Secrets } from './secrets.ts';
import { hideUrl } from './shown-url.ts';
import type { WebhookAnswer, WebhookSigner, WebhookTarget } from './webhook-target.ts';

/** What came of one try, for whoever decides about the next one and for the log. */
export interface Tried {
  readonly result: TryResult;
  /** Of what is under way there is nothing to tell yet. */
  readonly told:
    | { readonly detail: string; readonly status?: number; readonly answer?: string; readonly taskId?: string }
    | undefined;
}

export interface WebhookDeps {
  readonly target: WebhookTarget;
  readonly signer: WebhookSigner;
  readonly secrets: Pick<Secrets, 'use'>;
  readonly version: string;
}

/** Sends the message of an approval's end once. The same id and body each time; the time and the signature are the try's. */
export async function sendWebhook(
  { target, signer, secrets, version }: WebhookDeps,
  record: EndedApproval,
  now: number,
  stop: AbortSignal,
): Promise<Tried> {
  const { webhook, id } = record.spec;
  if (!webhook) return { result: { kind: 'never', because: 'the approval has no webhook' }, told: undefined };
  const body = writeMessage(record);
  const message = { id: messageIdOf(id), at: now, body };
  const signed = await secrets.use(webhook.secret, { purpose: 'webhook', by: id }, (plaintext) => {
    const fault = signer.findKeyFault(plaintext);
    return fault === undefined ? { headers: signer.sign(plaintext, message) } : { fault };
  });
  if ('fault' in signed) return unsent(signed.fault);
  if ('fault' in signed.done) return unsent(signed.done.fault);
  const headers = {
    'content-type': 'application/json',
    'user-agent': `Ticketgate/${version}`,
    ...signed.done.headers,
  };
  return judge(await target.post({ url: webhook.url, headers, body }, stop), webhook.url);
}

/** The secret may be stored again. */
function unsent(fault: string): Tried {
  return { result: { kind: 'failed' }, told: { detail: `it could not be signed: ${fault}` } };
}

const mostShown = 1_024;

function judge(answer: WebhookAnswer, url: string): Tried {
  if (answer.kind === 'no-answer') return { result: { kind: 'failed' }, told: { detail: answer.detail } };
  const { status, retryAfterMs, redirectsTo } = answer;
  const body = hideUrl(answer.body, url).slice(0, mostShown);
  const verdict = judgeStatus(status);
  switch (verdict) {
    case 'delivered':
      return { result: { kind: 'delivered' }, told: { detail: `answered ${status}`, status } };
    case 'never':
      return {
        result: { kind: 'never', because: 'the target answered 410: nobody listens there any more' },
        told: { detail: `answered ${status}`, status, answer: body },
      };
    case 'failed': {
      const where = redirectsTo === undefined ? '' : `, to ${redirectsTo}`;
      const detail =
        status >= 300 && status < 400
          ? `answered ${status}, a redirect${where}, which is not followed`
          : `answered ${status}`;
      return { result: { kind: 'failed', retryAfterMs }, told: { detail, status, answer: body } };
    }
  }
}
