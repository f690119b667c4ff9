import { type Violation, violation } from '../violation.ts';
import { checkDeliveries } from './check-deliveries.ts';
import { checkGateEnd } from './check-gate-end.ts';
import { endOf, type Gate } from './gate.ts';
import { isDecidedFrom } from './gate-fate.ts';
import { endsWithinMs } from './gate-field.ts';
import type { GateSnapshot, ShownGate } from './gate-snapshot.ts';

/** Every accepted gate ends once, as its ticket was, and in time; a repeated start gives the same gate. */
export function checkGates(snapshot: GateSnapshot): Violation[] {
  const { leftKeys = [] } = snapshot;
  return [
    ...snapshot.gates.flatMap((gate) => checkGate(gate, snapshot)),
    ...checkDeliveries(snapshot),
    ...leftKeys.map((key) => violation('gate-keys', `every gate has ended, and Redis holds ${key.name}`, key)),
  ];
}

function checkGate(gate: Gate, snapshot: GateSnapshot): Violation[] {
  const { marker, submissions, observations } = gate;
  const ids = snapshot.idsOf.get(marker) ?? [];
  const refused = submissions
    .filter(({ result }) => result === 'refused')
    .map((submission) => violation('gate-refused', `${marker}: a good gate was refused`, submission));
  const several =
    ids.length > 1
      ? [violation('one-gate', `${marker}: one gate became ${ids.length} approvals`, { ids, submissions })]
      : [];
  const odd = observations
    .filter(({ state }) => state.startsWith('answer '))
    .map((observation) => violation('gate-lost', `${marker}: an accepted gate was not shown`, observation));
  return [...refused, ...several, ...odd, ...ids.flatMap((id) => checkApproval(id, gate, snapshot))];
}

function checkApproval(id: string, gate: Gate, snapshot: GateSnapshot): Violation[] {
  const { marker, observations } = gate;
  const earlier = snapshot.earlier.get(id);
  const shown = snapshot.shown.filter(({ view }) => view.id === id);
  const [first] = shown;
  if (!first) {
    return earlier === undefined ? [violation('gate-lost', `${marker}: the gate is not known any more`, id)] : [];
  }
  const ends = endsSeen(id, gate, shown, earlier);
  const several =
    ends.length > 1 ? [violation('one-end', `${marker}: the gate was seen with ${ends.length} ends`, ends)] : [];
  const back = wentBack(id, gate, shown, snapshot)
    ? [violation('gate-went-back', `${marker}: the gate had ended, and was seen waiting`, { observations, shown })]
    : [];
  // The first one that shows it; that all show the same was checked above.
  return [...several, ...back, ...checkGateEnd(gate, first.view, snapshot), ...checkNotStuck(gate, first, snapshot)];
}

function endsSeen(id: string, gate: Gate, shown: readonly ShownGate[], earlier: string | undefined): string[] {
  const seen = observationsOf(id, gate).map(({ end }) => end);
  const all = [earlier, ...seen, ...shown.map(({ view }) => endOf(view))];
  return [...new Set(all.filter((end) => end !== undefined))];
}

/** Whether somebody who asked after it had been seen ended was told that it waits. */
function wentBack(id: string, gate: Gate, shown: readonly ShownGate[], { earlier, lookedAt }: GateSnapshot): boolean {
  const observations = observationsOf(id, gate);
  const first = observations.findIndex(({ end }) => end !== undefined);
  const endSeenAt = earlier.has(id) ? 0 : (observations[first]?.at ?? Number.POSITIVE_INFINITY);
  return (
    (first >= 0 && observations.slice(first).some(({ end }) => end === undefined)) ||
    (endSeenAt < lookedAt && shown.some(({ view }) => view.state === 'waiting'))
  );
}

function observationsOf(id: string, { observations }: Gate) {
  return observations.filter(({ approvalId }) => approvalId === id);
}

function checkNotStuck(gate: Gate, { view }: ShownGate, { wholeAt, takenAt }: GateSnapshot): Violation[] {
  if (view.state !== 'waiting') return [];
  const mustEndFrom = Math.max(
    wholeAt,
    Math.min(Math.max(isDecidedFrom(gate), Date.parse(view.createdAt)), Date.parse(view.deadlineAt)),
  );
  const lateMs = takenAt - mustEndFrom;
  return lateMs < endsWithinMs
    ? []
    : [
        violation('gate-stuck', `${gate.marker} (${gate.story}): still waiting, ${lateMs} ms after it should end`, {
          view,
          steps: gate.history?.steps.map(({ askedAt, doneAt }) => ({ askedAt, doneAt })),
        }),
      ];
}
