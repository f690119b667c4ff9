import type { ApprovalView } from '#protocol/approval.ts';
import type { Answer, ManagerClient } from '../manager-client.ts';
import { connectorName, otherConnectorName } from '../world.ts';
import { endOf, type Gate, type GateObservation, type GateSubmission } from './gate.ts';
import { windowFields } from './gate-rules.ts';
import type { WebhookReceiver } from './webhook-receiver.ts';
import { webhookSecretName } from './webhooks.ts';

const path = '/api/v1/approvals';
const waitMs = 1_000;
const wrongNumber = 'CHG9999999';

/** Starts a gate as a caller does; with a key again and again until it is accepted, without one just once. */
export async function startGate(
  client: ManagerClient,
  receiver: WebhookReceiver,
  gate: Gate,
  manager: number,
  untilMs: number,
): Promise<string | undefined> {
  const headers = gate.planned.hasKey ? { 'idempotency-key': gate.marker } : {};
  const ask = { method: 'POST', path, body: bodyOf(gate, receiver), headers };
  const note = (answer: Answer) => {
    gate.submissions.push(readSubmission(answer));
  };
  if (gate.planned.hasKey) await client.insist(manager, ask, untilMs, note);
  else note(await client.askOnce(manager, ask));
  return gate.submissions.findLast(({ result }) => result === 'accepted')?.approvalId;
}

/** Asks until the gate has ended, now this manager and now that, and once more; notes what each says. */
export async function followGate(
  client: ManagerClient,
  gate: Gate,
  approvalId: string,
  first: number,
  closing: AbortSignal,
): Promise<void> {
  const wait = { method: 'GET', path: `${path}/${approvalId}?waitMs=${waitMs}`, withinMs: waitMs + 3_000 };
  let looksAfterEnd = 0;
  for (let index = first; !closing.aborted && looksAfterEnd < 2; index += 1) {
    const seen = readGateObservation(await client.insist(index, wait, performance.now() + waitMs), approvalId);
    if (!seen) continue;
    gate.observations.push(seen);
    if (seen.end !== undefined) looksAfterEnd += 1;
    if (seen.state.startsWith('answer ')) return;
  }
}

export async function cancelGate(
  client: ManagerClient,
  gate: Gate,
  approvalId: string,
  first: number,
  untilMs: number,
): Promise<void> {
  gate.cancellation = 'asked';
  const answer = await client.insist(first, { method: 'DELETE', path: `${path}/${approvalId}` }, untilMs);
  if (answer.kind === 'answer') gate.cancellation = answer.status === 200 ? 'answered' : 'too late';
}

/** An approval as one manager shows it now; undefined when it does not answer or does not know it. */
export async function showGate(
  client: ManagerClient,
  manager: number,
  approvalId: string,
): Promise<{ readonly manager: string; readonly view: ApprovalView } | undefined> {
  const answer = await client.askOnce(manager, { method: 'GET', path: `${path}/${approvalId}` });
  if (answer.kind !== 'answer' || answer.status !== 200) return undefined;
  return { manager: answer.manager, view: answer.body as ApprovalView };
}

function readGateObservation(answer: Answer, approvalId: string): GateObservation | undefined {
  if (answer.kind !== 'answer' || answer.status >= 500) return undefined;
  const { manager, status, body } = answer;
  const at = Date.now();
  if (status !== 200)
    return { manager, approvalId, state: `answer ${status}: ${JSON.stringify(body)}`, end: undefined, at };
  const view = body as ApprovalView;
  return { manager, approvalId, state: view.state, end: endOf(view), at };
}

function readSubmission(answer: Answer): GateSubmission {
  const { manager } = answer;
  const told = { manager, approvalId: undefined, at: Date.now() };
  if (answer.kind === 'none') return { ...told, result: 'no answer', detail: answer.reason };
  const { status, body } = answer;
  if (status >= 500) return { ...told, result: 'no answer', detail: `${status} ${JSON.stringify(body)}` };
  const approvalId = typeof body === 'object' && body !== null && 'id' in body ? String(body.id) : undefined;
  if (status >= 300 || approvalId === undefined)
    return { ...told, result: 'refused', detail: `${status} ${JSON.stringify(body)}` };
  return { ...told, result: 'accepted', approvalId, detail: String(status) };
}

function bodyOf({ marker, planned, rules, history, timeoutMs }: Gate, receiver: WebhookReceiver): unknown {
  return {
    connector: planned.isOfOtherGroup ? otherConnectorName : connectorName,
    table: 'change_request',
    ...(history && !planned.isByNumber ? { sysId: history.sysId } : { number: history?.number ?? wrongNumber }),
    approve: rules.approve.text,
    ...(rules.reject ? { reject: rules.reject.text } : {}),
    ...(rules.hasWindow ? { window: windowFields } : {}),
    every: `${planned.everyMs}ms`,
    timeout: `${timeoutMs}ms`,
    ...(planned.webhook
      ? { webhook: { url: receiver.urlFor(marker, planned.webhook.answers), secret: webhookSecretName } }
      : {}),
  };
}
