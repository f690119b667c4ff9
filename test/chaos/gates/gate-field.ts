import { setTimeout } from 'node:timers/promises';
import { waitUntil } from '../wait-until.ts';
import type { World } from '../world.ts';
import type { Crowd } from './crowd.ts';
import { type Gate, isSeenEnded } from './gate.ts';
import { cancelGate, followGate, startGate } from './gate-caller.ts';
import { isDecidedFrom } from './gate-fate.ts';
import { isLeftOpen, rulesFor } from './gate-rules.ts';
import type { PlannedGate, PlannedTicket } from './plan-gates.ts';
import { changeTicket, makeTicket } from './ticket-actor.ts';
import type { TicketHistory } from './ticket-history.ts';
import type { WebhookReceiver } from './webhook-receiver.ts';

/** The shortest time-out that the API takes: such a gate is still waiting when later runs begin. */
const shortTimeoutMs = 10_000;
const longTimeoutMs = 60_000;
/** From when a gate is decided and everything is up, until it must have ended. */
export const endsWithinMs = 10_000;
/** A gate that is decided so soon is waited for in its own run. */
const soonMs = 1_000;

interface Started {
  readonly gate: Gate;
  readonly startedAt: number;
}

/** All gates of one world: some outlive the run that started them. */
export class GateField {
  readonly #world: World;
  readonly #started: Started[] = [];
  readonly #closing = new AbortController();
  readonly #following: Promise<void>[] = [];
  /** What the run under way has begun. */
  #work: Promise<void>[] = [];

  readonly #crowd: Crowd | undefined;
  #isDissolved = false;

  constructor(world: World, crowd: Crowd | undefined) {
    this.#world = world;
    this.#crowd = crowd;
  }

  get receiver(): WebhookReceiver {
    return this.#world.receiver;
  }

  /** Has nobody take what is told, for a while. */
  loseReceiver(ms: number): void {
    if (ms > 0) this.#work.push(this.receiver.goAway(ms));
  }

  /** The crowd is looked at once it was dissolved. */
  get gates(): readonly Gate[] {
    return [...this.#started.map(({ gate }) => gate), ...(this.#isDissolved ? (this.#crowd?.gates ?? []) : [])];
  }

  /** Has the crowd open, in the middle of what else there is. */
  dissolveCrowd(): void {
    this.#isDissolved = true;
    if (this.#crowd) this.#work.push(this.#crowd.dissolve());
  }

  /** Makes the tickets of a run, while nothing is wrong yet; the function that it answers with begins their stories. */
  async prepare(seed: number, tickets: readonly PlannedTicket[], untilMs: number): Promise<() => void> {
    const made = await Promise.all(
      tickets.map(async (planned) => {
        const name = `gate-${seed}-${this.#started.length}`;
        const history = await makeTicket(this.#world.simulator, planned, `ticket of ${name}`);
        return { planned, history };
      }),
    );
    return () => {
      for (const { planned, history } of made) this.#begin(seed, planned, history, untilMs);
    };
  }

  /** The same of tickets whose stories begin one by one. */
  async prepareEach(seed: number, tickets: readonly PlannedTicket[], untilMs: number): Promise<(() => void)[]> {
    return Promise.all(tickets.map((planned) => this.prepare(seed, [planned], untilMs)));
  }

  /** Resolves when all that was planned has been done: gates started and cancelled, tickets changed. */
  async done(): Promise<void> {
    for (let seen = 0; seen < this.#work.length; ) {
      seen = this.#work.length;
      await Promise.all(this.#work);
    }
    this.#work = [];
  }

  /**
   * Waits until callers have seen the end of every gate that is decided, or will be soon; of all if it is the last time.
   * Gives up when their time is over: then the checker tells.
   */
  async settle(wholeAt: number, isLast: boolean): Promise<void> {
    const isOpen = ({ gate, startedAt }: Started) => {
      if (gate.submissions.every(({ result }) => result !== 'accepted') || isSeenEnded(gate)) return false;
      const endsFrom = Math.min(isDecidedFrom(gate), startedAt + gate.timeoutMs);
      return (isLast || endsFrom < Date.now() + soonMs) && Date.now() < Math.max(endsFrom, wholeAt) + endsWithinMs;
    };
    await waitUntil('every gate has ended', async () => !this.#started.some(isOpen), longTimeoutMs + endsWithinMs);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#following);
  }

  #begin(seed: number, planned: PlannedTicket, history: TicketHistory | undefined, untilMs: number): void {
    for (const each of planned.gates) {
      const marker = `gate-${seed}-${this.#started.length + 1}`;
      const gate = newGate(marker, planned, each, history);
      this.#started.push({ gate, startedAt: Date.now() + each.afterMs });
      this.#work.push(this.#accompany(gate, untilMs));
    }
    if (history) this.#work.push(changeTicket(this.#world.simulator, planned, history));
  }

  async #accompany(gate: Gate, untilMs: number): Promise<void> {
    const { client } = this.#world;
    const { afterMs, manager, repeats, hasKey, isCancelled } = gate.planned;
    await setTimeout(afterMs);
    const approvalId = await startGate(client, this.receiver, gate, manager, untilMs);
    if (approvalId === undefined) return;
    this.#following.push(followGate(client, gate, approvalId, manager, this.#closing.signal));
    for (let again = 1; hasKey && again <= repeats; again += 1)
      await startGate(client, this.receiver, gate, manager + again, untilMs);
    if (isCancelled) await cancelGate(client, gate, approvalId, manager + 1, untilMs);
  }
}

function newGate(
  marker: string,
  { story }: PlannedTicket,
  planned: PlannedGate,
  history: TicketHistory | undefined,
): Gate {
  return {
    marker,
    story,
    // Of a large group changes are asked for, and the end of a ticket is none: it is found within ten minutes.
    planned: { ...planned, isOfOtherGroup: planned.isOfOtherGroup && story !== 'delete' },
    rules: rulesFor(story, planned, marker),
    timeoutMs: isLeftOpen(story, planned) ? shortTimeoutMs : longTimeoutMs,
    history,
    submissions: [],
    observations: [],
    cancellation: 'not asked',
  };
}
