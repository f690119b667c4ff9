import type { Reading } from '#protocol/approval.ts';
import type { Result } from '#protocol/task-types.ts';
import type { FieldValue } from '#protocol/ticket.ts';
import type { ApprovalSpec } from './approval-record.ts';
import type { Clock } from './clock.ts';
import { canHoldWhile } from './criteria-check.ts';
import type { Log } from './log.ts';
import { askWith } from './poll-tasks.ts';
import type { Tasks } from './tasks.ts';

interface Deps {
  readonly tasks: Pick<Tasks, 'run'>;
  readonly clock: Clock;
  readonly log: Log;
}

interface Known {
  readonly isDeadEnd: boolean;
  readonly until: number;
}

/** Of its tickets alone are there state models. */
const modelledTable = 'change_request';

/** The columns that are looked at beside those of the rules. */
export function alsoLookedAt(table: string): string[] {
  return table === modelledTable ? ['active'] : [];
}

const keptMs = 3_600_000;
const mostKept = 10_000;
/** A question that was not answered is put again after this. */
const unansweredMs = 300_000;
/** So many questions at once: they are in nobody's way, and the gate is told at a later reading. */
const mostAsked = 2;

/**
 * Tells of changes that have come to a state from which their state model leads nowhere (`nextstates`), while their gate
 * waits for another state. Only of those that are not active is it asked, once for a ticket and state, and beside the
 * readings: that the instance does not answer holds up no gate. It ends none either. docs/decisions/0022.
 */
export class DeadEnds {
  readonly #deps: Deps;
  readonly #known = new Map<string, Known>();
  readonly #asking = new Map<string, Promise<void>>();
  readonly #stopping = new AbortController();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Asks nothing more. */
  async close(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#asking.values());
  }

  /** Says that a waiting gate waits in vain; undefined when it does not, or when it is not known yet: its next reading says so. */
  describe(spec: ApprovalSpec, { ticket }: Reading): string | undefined {
    const { state, active } = ticket.fields;
    if (spec.table !== modelledTable || active?.value !== 'false' || !state) return undefined;
    const key = JSON.stringify([spec.groupId, ticket.sysId, state.value]);
    const known = this.#known.get(key);
    const isFresh = known !== undefined && known.until > this.#deps.clock.now();
    if (isFresh && !known.isDeadEnd) return undefined;
    if (canHoldWhile(spec.approve, 'state', state) !== false) return undefined;
    if (!isFresh) this.#ask(key, spec, ticket.sysId, state);
    return known?.isDeadEnd
      ? `the change is in state ${nameState(state)}, from which its state model leads nowhere: cancel the approval, or have the change reopened`
      : undefined;
  }

  #ask(key: string, spec: ApprovalSpec, sysId: string, state: FieldValue): void {
    if (this.#asking.has(key) || this.#asking.size >= mostAsked || this.#stopping.signal.aborted) return;
    const asked = this.#find(spec, sysId, state)
      .then((isDeadEnd) => this.#keep(key, isDeadEnd))
      .catch((error: unknown) => {
        if (!this.#stopping.signal.aborted) this.#deps.log.warn({ err: error, sysId }, 'next states not asked for');
      })
      .finally(() => this.#asking.delete(key));
    this.#asking.set(key, asked);
  }

  /** Undefined: it is not told. */
  async #find(spec: ApprovalSpec, sysId: string, state: FieldValue): Promise<boolean | undefined> {
    const params = { table: spec.table, sysIds: [sysId], fields: ['state'], deadEnds: true };
    const { outcome } = await askWith(this.#deps.tasks, this.#stopping.signal)('ticket.read', spec.origin, params);
    if (outcome.kind !== 'succeeded') return undefined;
    const { tickets, deadEnds } = outcome.result as Result<'ticket.read'>;
    const isAsRead = tickets.some((ticket) => ticket.sysId === sysId && ticket.fields.state?.value === state.value);
    return isAsRead ? deadEnds?.includes(sysId) : undefined;
  }

  #keep(key: string, isDeadEnd: boolean | undefined): void {
    const { clock } = this.#deps;
    const until = clock.now() + (isDeadEnd === undefined ? unansweredMs : keptMs);
    this.#known.delete(key);
    const [oldest] = this.#known.keys();
    if (this.#known.size >= mostKept && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(key, { isDeadEnd: isDeadEnd === true, until });
  }
}

function nameState({ value, displayValue }: FieldValue): string {
  return displayValue === value ? value : `${displayValue} (${value})`;
}
