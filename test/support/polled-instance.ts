import type { Outcome } from '#protocol/task.ts';
import type { Changes, Params, Result } from '#protocol/task-types.ts';
import type { PendingApprover } from '#protocol/ticket.ts';
import type { Clock } from '../../manager/core/clock.ts';

/** A poll as it was asked for. */
export type Asked = { readonly at: number } & (
  | { readonly type: 'ticket.read'; readonly params: Params<'ticket.read'> }
  | { readonly type: 'ticket.changes'; readonly params: Params<'ticket.changes'> }
);

/** The tickets that a poll asks for. */
export function keysOf(asked: Asked): readonly string[] {
  if (asked.type !== 'ticket.read') return [];
  return 'sysIds' in asked.params ? asked.params.sysIds : asked.params.numbers;
}

/** The instance behind the polls: tickets with their fields, stamped when they change. */
export class PolledInstance {
  readonly #clock: Clock;
  readonly #tickets = new Map<string, { number: string; fields: Record<string, string>; stamp: string }>();
  readonly #approvals = new Map<string, { approvers: PendingApprover[]; stamp: string }>();
  readonly hidden = new Set<string>();
  /** Tickets that readings show as they were, while changes are told of as they are: a replica lags. */
  readonly lagging = new Map<string, Record<string, string>>();
  /** Tickets whose state leads nowhere. */
  readonly deadEnds = new Set<string>();
  /** What the answers of the instance to a question of changes are made of instead. */
  tellsTickets: Changes | undefined;
  tellsApprovals: Changes | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Makes a ticket, or changes one. */
  set(sysId: string, fields: Readonly<Record<string, string>>): void {
    const present = this.#tickets.get(sysId);
    const number = present?.number ?? `CHG${Number.parseInt(sysId, 16)}`;
    this.#tickets.set(sysId, { number, fields: { ...present?.fields, ...fields }, stamp: this.#now() });
  }

  /** Changes whom a ticket waits for, which does not stamp the ticket. */
  setApprovers(sysId: string, names: readonly string[]): void {
    const approvers = names.map((approver) => ({ approver, group: '', state: 'requested', since: '' }));
    this.#approvals.set(sysId, { approvers, stamp: this.#now() });
  }

  delete(sysId: string): void {
    this.#tickets.delete(sysId);
  }

  answer(asked: Asked): Outcome {
    return {
      kind: 'succeeded',
      result: asked.type === 'ticket.read' ? this.#read(asked.params) : this.#changes(asked.params),
    };
  }

  #read(params: Params<'ticket.read'>): Result<'ticket.read'> {
    const asked = 'sysIds' in params ? params.sysIds : params.numbers;
    const found = asked.flatMap((key) => {
      const sysId = 'sysIds' in params ? key : this.#sysIdOf(key);
      const ticket = this.#tickets.get(sysId);
      return ticket && !this.hidden.has(sysId) ? [{ key, sysId, ...ticket }] : [];
    });
    const missing = asked.filter((key) => !found.some((each) => each.key === key));
    return {
      tickets: found.map(({ sysId, number, fields }) => ({
        table: params.table,
        number,
        sysId,
        link: '',
        fields: Object.fromEntries(
          [...params.fields, ...(params.optionalFields ?? [])].flatMap((name) => {
            const value = (this.lagging.get(sysId) ?? fields)[name];
            return value === undefined ? [] : [[name, { value, displayValue: value }]];
          }),
        ),
      })),
      missing,
      ...(params.deadEnds ? { deadEnds: asked.filter((key) => this.deadEnds.has(key)) } : {}),
      hidden: missing.filter((key) => this.hidden.has('sysIds' in params ? key : this.#sysIdOf(key))),
      approvers: Object.fromEntries(found.map(({ sysId }) => [sysId, this.#approvals.get(sysId)?.approvers ?? []])),
    };
  }

  #changes({ ticketsSince, approvalsSince }: Params<'ticket.changes'>): Result<'ticket.changes'> {
    return {
      tickets: this.tellsTickets ?? changesIn(this.#tickets, ticketsSince),
      approvals: this.tellsApprovals ?? changesIn(this.#approvals, approvalsSince),
    };
  }

  #sysIdOf(number: string): string {
    return [...this.#tickets].find(([, ticket]) => ticket.number.toLowerCase() === number.toLowerCase())?.[0] ?? '';
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString().slice(0, 19).replace('T', ' ');
  }
}

function changesIn(rows: ReadonlyMap<string, { readonly stamp: string }>, since: string | undefined): Changes {
  const newest = [...rows.values()]
    .map(({ stamp }) => stamp)
    .sort()
    .at(-1);
  const changed = [...rows].filter(([, { stamp }]) => stamp >= (since ?? ''));
  return {
    kind: 'read',
    rows: changed.map(([ticket, { stamp }]) => ({ ticket, version: `${ticket}/${stamp}`, stampedAt: stamp })),
    ...(newest === undefined ? {} : { newest }),
    complete: changed.length <= 1_000,
  };
}
