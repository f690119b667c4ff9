import { oneLine } from '../one-line.ts';
import type { Item, Plan, PlanRefusal, Step } from './plan.ts';

/** `connector dev` */
export function describeItem({ kind, name }: Item): string {
  return `${kind} ${oneLine(name)}`;
}

/** A step with its properties: `~ connector dev`, and below it `url  https://a/ → https://b/`. */
export function renderStep(step: Step): string[] {
  const width = Math.max(0, ...step.changes.map(({ property }) => property.length));
  return [
    `${step.action === 'create' ? '+' : '~'} ${describeItem(step)}`,
    ...step.changes.map(
      ({ property, from, to }) =>
        `    ${property.padEnd(width)}  ${from === undefined ? '' : `${oneLine(from)} → `}${oneLine(to)}`,
    ),
  ];
}

/** What a plan leaves alone, each where it was asked for. */
export function renderRest(
  plan: Plan,
  { verbose, showUndeclared }: { verbose: boolean; showUndeclared: boolean },
): string[] {
  const { unchanged, undeclared, keptValues } = plan;
  return [
    ...(verbose ? unchanged.map((item) => `= ${describeItem(item)}`) : []),
    ...(showUndeclared ? undeclared.map((item) => `? ${describeItem(item)} is not declared, and stays`) : []),
    ...(keptValues.length > 0
      ? [`! not compared, since values are never shown: ${keptValues.join(', ')}; --update-secrets writes them anew`]
      : []),
  ];
}

/** What a step came to: `unknown` when no answer tells whether it was done. */
export type StepState = 'planned' | 'done' | 'failed' | 'unknown' | 'not-done';

export function renderDone(step: Step, token: string | undefined): string[] {
  if (token !== undefined) return [`✓ ${describeItem(step)} made; its text is shown this once:`, token];
  return [`✓ ${describeItem(step)} ${step.action === 'create' ? 'created' : 'changed'}`];
}

/** Where a run stopped: why, what was done and what was not. */
export function renderFailure(plan: Plan, stateOf: (step: Step) => StepState, why: readonly string[]): string[] {
  const inState = (...states: StepState[]) => plan.steps.filter((step) => states.includes(stateOf(step)));
  const list = (steps: readonly Step[]) => steps.map(describeItem).join(', ') || 'nothing';
  return [
    ...inState('failed', 'unknown').map((step) => `✗ ${describeItem(step)}:`),
    ...why.map((line) => `  ${line}`),
    `done before: ${list(inState('done'))}`,
    `not done: ${list(inState('failed', 'not-done'))}`,
    ...inState('unknown').map(explainUnknown),
    'Mend it and run it again: what is done is found unchanged, and it goes on from there.',
  ];
}

function explainUnknown(step: Step): string {
  const isToken = step.kind === 'api-token' || step.kind === 'delegate-token';
  const start = `not known whether it was done: ${describeItem(step)}`;
  return isToken
    ? `${start}; if it is listed (ticketgate ${step.kind} list), revoke it and declare another name`
    : start;
}

/** `1 to create, 2 to change, 3 unchanged`, and afterwards `1 created, 2 changed, 3 unchanged`. */
export function renderCount({ steps, unchanged }: Plan, isDone: boolean): string {
  const created = steps.filter(({ action }) => action === 'create').length;
  const changed = steps.length - created;
  if (steps.length === 0) return `nothing to change, ${unchanged.length} unchanged`;
  const [create, change] = isDone ? ['created', 'changed'] : ['to create', 'to change'];
  return `${created} ${create}, ${changed} ${change}, ${unchanged.length} unchanged`;
}

export function renderRefusals(refusals: readonly PlanRefusal[]): string[] {
  return [
    ...refusals.flatMap(({ at, message, remedy }) => [`✗ ${at}: ${message}`, `  remedy: ${remedy}`]),
    'nothing was changed',
  ];
}
