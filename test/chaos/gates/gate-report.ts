import type { ApprovalView } from '#protocol/approval.ts';
import type { Gate } from './gate.ts';
import { isDecidedFrom } from './gate-fate.ts';
import type { GateSnapshot } from './gate-snapshot.ts';
import type { TicketStory } from './plan-gates.ts';

/** Adds up how gates ended. */
export class GateReport {
  /** By approval: one that was shown several times is counted once. */
  readonly #ends = new Map<string, { readonly story: TicketStory; readonly end: string }>();
  /** From when a gate was decided, faults or not; and from when everything was up, too. */
  #slowest: Late = { ms: 0, told: 'none' };
  #slowestWhole: Late = { ms: 0, told: 'none' };
  #unanswered = 0;
  #repeats = 0;

  add({ gates, shown, idsOf, earlier, wholeAt }: GateSnapshot, seed: number): void {
    for (const gate of gates)
      for (const id of idsOf.get(gate.marker) ?? []) {
        const [view] = shown.flatMap((each) => (each.view.id === id ? [each.view] : []));
        if (!view || view.state === 'waiting' || earlier.has(id)) continue;
        this.#ends.set(id, {
          story: gate.story,
          end: view.failure ? `${view.state} (${view.failure.code})` : view.state,
        });
        this.#unanswered += gate.submissions.filter(({ result }) => result === 'no answer').length;
        this.#repeats += gate.submissions.filter(({ result }) => result === 'accepted').length - 1;
        const told = `seed ${seed} ${gate.marker} (${gate.story})`;
        this.#slowest = slower(this.#slowest, { ms: lateness(gate, view, 0), told });
        this.#slowestWhole = slower(this.#slowestWhole, { ms: lateness(gate, view, wholeAt), told });
      }
  }

  lines(): string[] {
    const ends = [...this.#ends.values()];
    const byStory = Map.groupBy(ends, ({ story }) => story);
    return [
      `gates ${ends.length}: ${count(ends)}; ${this.#unanswered} starts without an answer, ${this.#repeats} repeated`,
      ...[...byStory].map(([story, of]) => `  ${story}: ${count(of)}`),
      `  slowest end, from when the gate was decided: ${this.#slowest.ms} ms, ${this.#slowest.told}`,
      `  the same, once everything was up: ${this.#slowestWhole.ms} ms, ${this.#slowestWhole.told}`,
    ];
  }
}

interface Late {
  readonly ms: number;
  readonly told: string;
}

function slower(one: Late, other: Late): Late {
  return other.ms > one.ms ? other : one;
}

function lateness(gate: Gate, { createdAt, endedAt, state }: ApprovalView, wholeAt: number): number {
  if (state === 'cancelled') return 0;
  const from = Math.max(isDecidedFrom(gate), Date.parse(createdAt), wholeAt);
  return Date.parse(endedAt ?? '') - from;
}

function count(ends: readonly { readonly end: string }[]): string {
  return [...Map.groupBy(ends, ({ end }) => end)].map(([end, of]) => `${end} ${of.length}`).join(', ');
}
