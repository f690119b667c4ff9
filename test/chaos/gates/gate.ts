import type { ApprovalView } from '#protocol/approval.ts';
import type { GateRules } from './gate-rules.ts';
import type { PlannedGate, TicketStory } from './plan-gates.ts';
import type { TicketHistory } from './ticket-history.ts';

/** An approval that a caller wanted, and what the caller saw of it. */
export interface Gate {
  /** Unique, and part of its criteria. */
  readonly marker: string;
  readonly story: TicketStory;
  readonly planned: PlannedGate;
  readonly rules: GateRules;
  readonly timeoutMs: number;
  /** Undefined: there is no such ticket. */
  readonly history: TicketHistory | undefined;
  readonly submissions: GateSubmission[];
  /** In the order in which they were asked for, each after the answer before. */
  readonly observations: GateObservation[];
  /** too late: it had ended, or an earlier request to cancel it has. */
  cancellation: 'not asked' | 'asked' | 'answered' | 'too late';
}

export interface GateSubmission {
  readonly manager: string;
  /** 'refused': an answer that no fault explains. 'no answer': it may have been accepted. */
  readonly result: 'accepted' | 'refused' | 'no answer';
  readonly approvalId: string | undefined;
  readonly at: number;
  readonly detail: string;
}

export interface GateObservation {
  readonly manager: string;
  readonly approvalId: string;
  readonly state: string;
  /** How it ended, as JSON; undefined while it waits. */
  readonly end: string | undefined;
  readonly at: number;
}

/** All of an approval that must not change once it has ended. */
export function endOf({ state, endedAt, evidence, failure }: ApprovalView): string | undefined {
  return state === 'waiting' ? undefined : JSON.stringify({ state, endedAt, evidence, failure });
}

export function toldIdsOf({ submissions }: Pick<Gate, 'submissions'>): string[] {
  return [...new Set(submissions.flatMap(({ approvalId }) => approvalId ?? []))];
}

export function isSeenEnded({ observations }: Gate): boolean {
  return observations.some(({ end }) => end !== undefined);
}
