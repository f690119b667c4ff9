import type { World } from '../world.ts';
import type { Gate } from './gate.ts';
import { startGate } from './gate-caller.ts';
import { rulesFor } from './gate-rules.ts';
import type { PlannedGate, PlannedTicket } from './plan-gates.ts';
import { changeTicket, makeTicket } from './ticket-actor.ts';
import type { TicketHistory } from './ticket-history.ts';

/** More than one request reads: their poll group asks for changes. */
const size = 185;
const atOnce = 20;
const timeoutMs = 600_000;
const startsWithinMs = 30_000;

const ticket: PlannedTicket = { story: 'approve', atMs: 100, gapMs: 0, gates: [] };
const planned: PlannedGate = {
  afterMs: 0,
  manager: 0,
  isOfOtherGroup: true,
  hasKey: true,
  repeats: 0,
  isCancelled: false,
  isByNumber: false,
  hasRejection: true,
  isStrict: false,
  everyMs: 300,
  webhook: undefined,
};

/** Many gates that wait for one ticket, which make a large group of the one that they share with the gates of all runs. */
export class Crowd {
  readonly gates: readonly Gate[];
  readonly #world: World;
  readonly #history: TicketHistory;

  private constructor(world: World, history: TicketHistory, gates: readonly Gate[]) {
    this.#world = world;
    this.#history = history;
    this.gates = gates;
  }

  /** Starts them, while nothing is wrong yet. */
  static async gather(world: World, seed: number): Promise<Crowd> {
    const history = await makeTicket(world.simulator, ticket, `ticket of a crowd of ${seed}`);
    if (!history) throw new Error('the ticket of a crowd is one that is there');
    const gates = Array.from({ length: size }, (_, index) => newGate(`gate-${seed}-crowd-${index + 1}`, history));
    for (let from = 0; from < size; from += atOnce)
      await Promise.all(
        gates
          .slice(from, from + atOnce)
          .map((gate, index) =>
            startGate(world.client, world.receiver, gate, index, performance.now() + startsWithinMs),
          ),
      );
    return new Crowd(world, history, gates);
  }

  /** Approves their ticket: all of them open. */
  dissolve(): Promise<void> {
    return changeTicket(this.#world.simulator, ticket, this.#history);
  }
}

function newGate(marker: string, history: TicketHistory): Gate {
  const rules = rulesFor('approve', planned, marker);
  const unseen = { submissions: [], observations: [], cancellation: 'not asked' as const };
  return { marker, story: 'approve', planned, rules, timeoutMs, history, ...unseen };
}
