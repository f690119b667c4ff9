import { distance } from 'fastest-levenshtein';
import { taskTypes } from '#protocol/task-types.ts';
import { lostAt } from './claim-policy.ts';
import type { Candidate, Demand } from './delegates.ts';
import type { Hold } from './instance-load.ts';
import { judge, type Verdict } from './selection.ts';
import { type Assignment, isoTime, routeOf, type TaskRecord } from './task-record.ts';
import { writeTime } from './time-text.ts';

/** The answer to "why does this task wait": every delegate considered, and what to change. */
export interface Explanation {
  readonly summary: string;
  readonly remedy: string;
  readonly missingSelectors: MissingSelector[];
  readonly delegates: {
    readonly id: string;
    readonly name: string;
    readonly verdict: Verdict;
    readonly text: string;
  }[];
  /** When the task gives up, while it waits or runs. */
  readonly givesUpAt?: string;
}

export interface MissingSelector {
  readonly selector: string;
  /** Whether any known delegate, connected or not, holds it: then it is down, not misspelt. */
  readonly everConnected: boolean;
  /** The most similar tag that a delegate does hold. */
  readonly nearest?: string;
}

/** Explains who could take a task, and why the others cannot; `hold`: why nobody may begin it now. */
export function explain(
  demand: Demand,
  candidates: readonly Candidate[],
  now: number,
  hold?: Hold | undefined,
): Explanation {
  const delegates = candidates.map((candidate) => {
    const verdict = judge(demand, candidate);
    const gone = candidate.state === 'offline' && verdict.kind !== 'offline' ? ', and is offline' : '';
    return { id: candidate.id, name: candidate.name, verdict, text: `${describeVerdict(verdict, now)}${gone}` };
  });
  const live = candidates.filter(({ state }) => state !== 'offline');
  const missingSelectors = demand.selectors
    .filter((selector) => !live.some(({ tags }) => tags.includes(selector)))
    .map((selector) => {
      const nearest = nearestTag(
        selector,
        candidates.flatMap(({ tags }) => tags),
      );
      const everConnected = candidates.some(({ tags }) => tags.includes(selector));
      return { selector, everConnected, ...(nearest === undefined ? {} : { nearest }) };
    });
  return { ...summarise(demand, delegates, missingSelectors, hold), missingSelectors, delegates };
}

/** Explains how a task stands. Of one that does not wait, the delegates are what they are now, not what they were then. */
export function explainTask(
  record: TaskRecord,
  candidates: readonly Candidate[],
  now: number,
  settleMs: number,
  hold?: Hold | undefined,
): Explanation {
  const { spec, outcome, assignment, attempt } = record;
  const general = explain(routeOf(spec), candidates, now, hold);
  if (outcome) {
    const said = 'failure' in outcome ? outcome.failure : undefined;
    return {
      ...general,
      summary: `it ${outcome.kind === 'succeeded' ? 'succeeded' : `ended: ${outcome.kind}`}${said ? `: ${said.message}` : ''}; ${describeAttempts(record)}`,
      remedy: said?.remedy ?? 'Nothing to change.',
    };
  }
  const givesUpAt = isoTime(attempt === 0 ? spec.pickUpBy : spec.deadlineAt);
  if (assignment) return { ...general, givesUpAt, ...describeAssigned(record, assignment, candidates, now, settleMs) };
  if (record.notBefore <= now) return { ...general, givesUpAt };
  return {
    ...general,
    givesUpAt,
    summary: `it waits until ${writeTime(record.notBefore)} for its next attempt; ${describeAttempts(record)}; ${general.summary}`,
    remedy: general.delegates.some(({ verdict }) => verdict.kind === 'eligible')
      ? 'Wait: it is tried again by itself.'
      : general.remedy,
  };
}

function describeAssigned(
  { spec, cancelReason }: TaskRecord,
  { delegateId, delegateName, accepted, assignedAt, leaseUntil }: Assignment,
  candidates: readonly Candidate[],
  now: number,
  settleMs: number,
): { summary: string; remedy: string } {
  const lost = writeTime(lostAt(spec.type, leaseUntil, settleMs));
  const next =
    cancelReason === undefined
      ? `unless it is heard of with it again, the task goes to another one at ${lost}`
      : `it is being cancelled (${cancelReason}), and ends at ${lost} at the latest, unless the delegate is heard of with it again`;
  const state = candidates.find(({ id }) => id === delegateId)?.state ?? 'gone';
  if (state !== 'offline' && state !== 'gone' && now < leaseUntil)
    return {
      summary: `delegate ${delegateName} has it, ${accepted ? 'and runs it' : 'and has not answered yet'}, since ${writeTime(assignedAt)}; ${next}`,
      remedy: 'Wait for the delegate to report.',
    };
  return {
    summary: `delegate ${delegateName} was given it at ${writeTime(assignedAt)}, is ${state} now, and does not say that it still has it; ${next}`,
    remedy: `Look at the delegate: it stopped, or its network did. ${taskTypes[spec.type].sideEffect ? 'Until then its last request may still be at work in ServiceNow.' : 'Then the task goes on by itself.'}`,
  };
}

function describeAttempts({ attempts }: TaskRecord): string {
  if (attempts.length === 0) return 'no delegate ever had it';
  const texts = attempts.map(({ attempt, delegateName, outcome }) => {
    const end = outcome?.kind === 'failed' ? `${outcome.failure.code}` : (outcome?.kind ?? 'no report');
    return `attempt ${attempt} on ${delegateName}: ${end}`;
  });
  return texts.join(', ');
}

type Considered = Explanation['delegates'];

function summarise(
  demand: Demand,
  delegates: Considered,
  missing: readonly MissingSelector[],
  hold: Hold | undefined,
): { summary: string; remedy: string } {
  const considered = nameConsidered(delegates);
  if (delegates.length === 0)
    return {
      summary: 'no delegate has ever connected',
      remedy:
        'Install a delegate: create a token with "ticketgate delegate-token create" and start "ticketgate delegate".',
    };
  if (delegates.some(({ verdict }) => verdict.kind === 'eligible') && hold)
    return {
      summary: `a delegate can take it, and the instance is not asked before ${writeTime(hold.untilMs)}: ${hold.because}; considered: ${considered}`,
      remedy:
        'Wait: it goes on by itself. If it happens often, raise the rate limit of the integration user (sys_rate_limit_rules), or --instance-concurrency.',
    };
  if (delegates.some(({ verdict }) => verdict.kind === 'eligible'))
    return { summary: `a delegate can take it; considered: ${considered}`, remedy: 'Nothing to change.' };
  if (missing.length > 0)
    return {
      summary: `${missing.map(describeMissing).join('; ')}; considered: ${considered}`,
      remedy: missing.every(({ everConnected }) => everConnected)
        ? 'Start the delegate that holds it again, or look at its log for why it cannot connect.'
        : 'Correct the selectors, or start a delegate that holds them (--tags).',
    };
  const kinds = new Set(delegates.map(({ verdict }) => verdict.kind));
  const reason = reasons.find(({ kind }) => kinds.has(kind));
  if (reason) return { summary: `${reason.summary}; considered: ${considered}`, remedy: reason.remedy };
  return {
    summary: `no single delegate holds all of ${demand.selectors.join(', ')}; considered: ${considered}`,
    remedy: 'Every selector must be held by one delegate: give one delegate all of these tags.',
  };
}

const mostNamed = 8;

/** Those that hold every selector first: with many delegates the others are only counted. */
function nameConsidered(delegates: Considered): string {
  const isFar = ({ verdict }: Considered[number]) => verdict.kind === 'lacks-selectors';
  const near = delegates.filter((delegate) => !isFar(delegate));
  const named = [...near, ...delegates.filter(isFar)].slice(0, mostNamed);
  const left = delegates.length - named.length;
  const texts = named.map(({ name, text }) => `${name} (${text})`).join(', ');
  return left === 0 ? texts : `${texts} and ${left} more`;
}

/** What keeps those that hold every selector, the most hopeful first. */
const reasons: readonly { readonly kind: Verdict['kind']; readonly summary: string; readonly remedy: string }[] = [
  {
    kind: 'full',
    summary: 'every online delegate that could take it is full',
    remedy: 'Wait, raise --capacity, or start another delegate with the same tags.',
  },
  {
    kind: 'checking',
    summary: 'a delegate that could take it first checks that it reaches the instance',
    remedy: 'Wait: the check ends within 20 s.',
  },
  {
    kind: 'joining',
    summary: 'a delegate that could take it has just connected and has not answered its first canary',
    remedy: 'Wait some seconds.',
  },
  {
    kind: 'pending',
    summary: "a delegate that could take it waits for an administrator's approval",
    remedy: 'Approve the delegate: on its page in the console, or by POST /api/v1/delegates/{id}/approve.',
  },
  {
    kind: 'stuck',
    summary: 'a delegate that could take it is stuck: it heartbeats and answers no canary',
    remedy: 'It dials anew by itself; if it stays stuck, restart it, and look at its log and at its load.',
  },
  {
    kind: 'draining',
    summary: 'every online delegate that could take it is draining',
    remedy: 'Wait for its successor, or start another delegate with the same tags.',
  },
  {
    kind: 'offline',
    summary: 'no delegate that could take it is online',
    remedy: 'Start the delegate again, or look at its log for why it cannot connect.',
  },
  {
    kind: 'policy',
    summary: 'the policy of every delegate that holds the selectors refuses it',
    remedy: 'Ask the operator of the delegate to allow it (--policy), or choose a delegate that may.',
  },
  {
    kind: 'task-unsupported',
    summary: 'no delegate that holds the selectors knows this type of task',
    remedy: 'Upgrade the delegate.',
  },
];

function describeMissing({ selector, everConnected, nearest }: MissingSelector): string {
  if (everConnected) return `no delegate with the selector "${selector}" is online now, though one has been`;
  return `no delegate holds the selector "${selector}"${nearest === undefined ? '' : ` (the nearest is "${nearest}")`}`;
}

function describeVerdict(verdict: Verdict, now: number): string {
  switch (verdict.kind) {
    case 'eligible':
      return verdict.standing.kind === 'set-aside'
        ? `set aside until ${writeTime(verdict.standing.untilMs)}, so tried last: ${verdict.standing.because}`
        : `can take it${verdict.standing.kind === 'not-live' ? `, though no live instance answered it: ${verdict.standing.because}` : ''}`;
    case 'offline':
      return `offline, last seen ${Math.round((now - verdict.lastSeenAt) / 1000)} s ago`;
    case 'draining':
      return 'draining: it takes nothing new';
    case 'stuck':
      return 'stuck: it heartbeats and answers no canary, so it gets no work';
    case 'pending':
      return "waits for an administrator's approval, so it gets no work";
    case 'joining':
      return 'joining: it has not answered its first canary yet';
    case 'checking':
      return 'checks first that it reaches the instance';
    case 'lacks-selectors':
      return `lacks ${verdict.selectors.map((selector) => `"${selector}"`).join(', ')}`;
    case 'policy':
      return verdict.because;
    case 'task-unsupported':
      return 'does not know this type of task: it is of an older version';
    case 'full':
      return 'full: no free slot';
  }
}

function nearestTag(selector: string, tags: readonly string[]): string | undefined {
  const ranked = [...new Set(tags)]
    .map((tag) => ({ tag, distance: distance(selector, tag) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(2, selector.length / 2) ? best.tag : undefined;
}
