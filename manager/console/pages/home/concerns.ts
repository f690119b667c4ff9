import type { Approval, Connector, Delegate, Standing, Task } from './standing.ts';

/** Where a concern is looked at. */
export type Place =
  | { readonly page: 'delegates' | 'tasks' | 'approvals' | 'connectors' }
  | { readonly page: 'delegate' | 'task' | 'approval' | 'connector'; readonly id: string };

/** Something that a person should look at. */
export interface Concern {
  readonly text: string;
  readonly place: Place;
}

/** A window or a deadline that is nearer than this is told of. */
const soonMs = 3_600_000;
const mostNamed = 3;

/** Finds what needs attention, the most urgent kind first. */
export function findConcerns(standing: Standing, now: Date): Concern[] {
  const { delegates, connectors, gates, queued, deliveries } = standing;
  return [
    ...concernsOfDelegates(delegates, connectors),
    ...connectors.flatMap(concernOfConnector),
    ...concernsOfTasks(queued, delegates),
    ...concernsOfFailedPolls(gates, connectors),
    ...gates.flatMap((gate) => concernsOfTimes(gate, now)),
    ...concernsOfDeliveries(deliveries),
  ];
}

function concernsOfDelegates(delegates: readonly Delegate[], connectors: readonly Connector[]): Concern[] {
  const named = (state: Delegate['state']) => delegates.filter((delegate) => delegate.state === state);
  const nobody = delegates.every(({ state }) => state !== 'online');
  const matters = delegates.length > 0 || connectors.length > 0;
  const stuck = named('stuck');
  const pending = named('pending');
  const offline = named('offline');
  const inConflict = delegates.filter(({ conflict }) => conflict !== undefined);
  return [
    ...(nobody && matters
      ? [{ text: 'No delegate is online: nothing is asked of ServiceNow.', place: { page: 'delegates' } } as const]
      : []),
    ...about(stuck, 'delegate', (names, one) => `${names} ${one ? 'is' : 'are'} stuck: connected, and without work.`),
    ...about(
      pending,
      'delegate',
      (names, one) =>
        `${names} ${one ? 'waits' : 'wait'} for an administrator's approval, and ${one ? 'gets' : 'get'} no work.`,
    ),
    ...about(offline, 'delegate', (names, one) => `${names} ${one ? 'is' : 'are'} offline.`),
    ...about(
      inConflict,
      'delegate',
      (names, one) => `${names} ${one ? 'is' : 'are'} in conflict: another process claims to be the same delegate.`,
    ),
  ];
}

/** One concern about several delegates: a rack that is down must not push everything else off the page. */
function about(
  delegates: readonly Delegate[],
  kind: 'delegate',
  say: (names: string, isOne: boolean) => string,
): Concern[] {
  const [only] = delegates;
  if (!only) return [];
  const isOne = delegates.length === 1;
  const names = `${isOne ? 'Delegate' : 'Delegates'} ${join(delegates.map(({ name }) => name))}`;
  return [{ text: say(names, isOne), place: isOne ? { page: kind, id: only.id } : { page: 'delegates' } }];
}

function concernOfConnector({ id, name, scope, lastTest }: Connector): Concern[] {
  const place = { page: 'connector', id } as const;
  if (scope === undefined)
    return [
      {
        text: `Connector ${name} cannot be used: a secret of it is gone, or its secrets have no scope in common.`,
        place,
      },
    ];
  if (lastTest === undefined) return [{ text: `Connector ${name} was never tested.`, place }];
  const { outcome } = lastTest;
  if (outcome?.kind !== 'failed' && outcome?.kind !== 'expired') return [];
  return [{ text: `The last test of connector ${name} failed: ${outcome.failure.message}`, place }];
}

function concernsOfTasks(queued: readonly Task[], delegates: readonly Delegate[]): Concern[] {
  const live = delegates.filter(({ state }) => state !== 'offline');
  const untaken = queued.filter((task) => !live.some((delegate) => couldTake(delegate, task)));
  const groups = Map.groupBy(untaken, (task) => whatIsMissing(task, live));
  return [...groups].map(([missing, tasks]) => {
    const [only] = tasks.length === 1 ? tasks : [];
    return only
      ? { text: `Task ${only.id} waits, and nobody can take it: ${missing}.`, place: { page: 'task', id: only.id } }
      : { text: `${tasks.length} tasks wait, and nobody can take them: ${missing}.`, place: { page: 'tasks' } };
  });
}

function couldTake({ tags, taskTypes }: Delegate, { selectors, type }: Task): boolean {
  return taskTypes.includes(type) && selectors.every((selector) => holds(tags, selector));
}

function holds(tags: readonly string[], selector: string): boolean {
  return tags.some((tag) => tag.toLowerCase() === selector.toLowerCase());
}

function whatIsMissing({ selectors, type }: Task, live: readonly Delegate[]): string {
  if (live.length === 0) return 'no delegate is connected';
  const unheld = selectors.filter((selector) => !live.some(({ tags }) => holds(tags, selector)));
  if (unheld.length > 0) return `no delegate that is connected holds ${unheld.join(', ')}`;
  if (selectors.length > 1) return `no delegate that is connected holds all of ${selectors.join(', ')}`;
  return `no delegate that could otherwise do it supports ${type}`;
}

/** Gates of one connector that fail alike are one concern: they are read together. */
function concernsOfFailedPolls(gates: readonly Approval[], connectors: readonly Connector[]): Concern[] {
  const failing = gates.flatMap((gate) => (gate.lastFailure ? [{ gate, failure: gate.lastFailure }] : []));
  const groups = Map.groupBy(failing, ({ gate, failure }) => `${gate.connectorId} ${failure.code}`);
  return [...groups.values()].flatMap((group): Concern[] => {
    const [first] = group;
    if (!first) return [];
    const { gate, failure } = first;
    if (group.length === 1)
      return [
        {
          text: `The last poll of the approval of ${nameOf(gate)} failed: ${failure.message}`,
          place: { page: 'approval', id: gate.id },
        },
      ];
    const connector = connectors.find(({ id }) => id === gate.connectorId)?.name ?? gate.connectorId;
    return [
      {
        text: `The last polls of ${group.length} approvals at ${connector} failed: ${failure.message}`,
        place: { page: 'approvals' },
      },
    ];
  });
}

function concernsOfTimes(gate: Approval, now: Date): Concern[] {
  const place = { page: 'approval', id: gate.id } as const;
  const leftOf = (time: string | undefined) => (time === undefined ? undefined : Date.parse(time) - now.getTime());
  const windowMs = leftOf(gate.window?.endsAt);
  const deadlineMs = leftOf(gate.deadlineAt);
  const { expectedDurationMs = 0 } = gate;
  const told: Concern[] = [];
  if (windowMs !== undefined && windowMs <= 0)
    told.push({ text: `The change window of ${nameOf(gate)} is over, and its approval still waits.`, place });
  else if (windowMs !== undefined && windowMs <= Math.max(soonMs, expectedDurationMs))
    told.push({ text: `The change window of ${nameOf(gate)} ends in ${minutes(windowMs)}.`, place });
  if (deadlineMs !== undefined && deadlineMs > 0 && deadlineMs <= soonMs && isLongEnough(gate))
    told.push({ text: `The approval of ${nameOf(gate)} gives up in ${minutes(deadlineMs)}.`, place });
  return told;
}

/** A gate that was started with a short time-out gives up soon from its beginning, as was asked for. */
function isLongEnough({ createdAt, deadlineAt }: Approval): boolean {
  return Date.parse(deadlineAt) - Date.parse(createdAt) > 2 * soonMs;
}

const deliveryWords = { webhook: 'webhook', 'work-notes': 'work note' } as const;

function concernsOfDeliveries(deliveries: Standing['deliveries']): Concern[] {
  return deliveries
    .filter(({ delivery }) => delivery.state === 'given-up')
    .map(({ approval, delivery }) => ({
      text: `The ${deliveryWords[delivery.kind]} about the end of the approval of ${nameOf(approval)} was given up${delivery.because === undefined ? '' : `: ${delivery.because}`}.`,
      place: { page: 'approval', id: approval.id },
    }));
}

function nameOf({ ticket }: Approval): string {
  return ticket.number || ticket.sysId;
}

function minutes(ms: number): string {
  const count = Math.ceil(ms / 60_000);
  if (count >= 120) return `${Math.floor(count / 60)} hours`;
  return count === 1 ? 'a minute' : `${count} minutes`;
}

function join(names: readonly string[]): string {
  const more = names.length - mostNamed;
  if (more > 0) return `${names.slice(0, mostNamed).join(', ')} and ${more} more`;
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)}` : names.join('');
}
