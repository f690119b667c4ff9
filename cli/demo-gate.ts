import { request } from 'undici';
import { ApprovalView } from '#protocol/approval.ts';
import type { Ticket } from '#protocol/ticket.ts';
import { OperationError } from './api-errors.ts';
import { renderEnd } from './approval-text.ts';
import { waitForApproval, waitForFirstPoll } from './approval-wait.ts';
import type { DemoSteps } from './demo-steps.ts';
import { connectorName, table } from './demo-tickets.ts';
import type { DemoWorld } from './demo-world.ts';
import { renderApprovers } from './ticket-text.ts';

/** Starts a gate on the change and shows whom it waits for. */
export async function startGate({ api }: DemoWorld, steps: DemoSteps, ticket: Ticket): Promise<ApprovalView> {
  return steps.run('gate', async () => {
    const started = await api.call(ApprovalView, 'POST', '/approvals', {
      body: {
        connector: connectorName,
        table,
        number: ticket.number,
        approve: 'approval = approved',
        reject: 'approval = rejected',
        every: '10s',
        timeout: '10m',
      },
    });
    const approval = await waitForFirstPoll(api, started);
    const { waitingFor = [], waitingBecause, failure } = approval;
    if (approval.state !== 'waiting' || waitingFor.length === 0)
      throw new OperationError(
        `it should wait for an approver, and it is ${approval.state}: ${failure?.message ?? waitingBecause ?? ''}`,
        failure?.remedy ?? 'Look at the log of the manager.',
      );
    return {
      value: approval,
      says: `${approval.id} waits for ${renderApprovers(waitingFor)}`,
      details: [`approves when ${approval.criteria.approve}, rejects when ${approval.criteria.reject}`],
      data: { approvalId: approval.id, waitingFor },
    };
  });
}

const unwatched = { seen: () => {}, news: () => {}, close: () => {} };

/** Approves the change as a person does, with the button of the instance's page, and sees the gate open. */
export async function openGate(world: DemoWorld, steps: DemoSteps, gate: ApprovalView): Promise<void> {
  const { number } = gate.ticket;
  const approvedAt = await steps.run('a person approves', async () => {
    const { simulatorUrl } = world.addresses();
    const { statusCode, body } = await request(`${simulatorUrl}/simulator/changes/${number}/approve`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: '',
    });
    const text = await body.text();
    // The page sends the browser back to the list of changes.
    if (statusCode !== 303) throw new OperationError(`the page answered ${statusCode}: ${text}`, 'Look at its log.');
    return { value: performance.now(), says: `${number}, on the page ${simulatorUrl}/simulator/` };
  });
  await steps.run('gate opens', async () => {
    const approval = await waitForApproval(world.api, gate.id, unwatched, new AbortController().signal);
    const [, ...evidence] = renderEnd(approval);
    if (approval.state !== 'approved' || !approval.evidence)
      throw new OperationError(
        `it ended as ${approval.state}: ${approval.failure?.message ?? evidence.join(' ')}`,
        approval.failure?.remedy ?? 'Look at the log of the manager.',
      );
    const ms = Math.round(performance.now() - approvedAt);
    return {
      value: undefined,
      says: `${(ms / 1000).toFixed(1)} s after the approval, with its evidence (it polls every 10 s)`,
      details: evidence.map((line) => line.trim()),
      data: { evidence: approval.evidence },
    };
  });
}
