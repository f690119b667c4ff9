import { endRequests, seekApproval, settleApproval, startsAsking } from './approvals.ts';
import { canceledState, closedState, isLegalMove } from './change-states.ts';
import { toStoredDateTime } from './date-time.ts';
import type { Row } from './record-store.ts';
import { errors } from './service-now-error.ts';
import type { User } from './users.ts';
import type { World } from './world.ts';

export interface RuleContext {
  readonly world: World;
  readonly user: User;
  readonly table: string;
  /** Undefined for an insert. */
  readonly before: Row | undefined;
  readonly after: Row;
}

/** Returns the values to add before the record is stored, or throws what the caller is told instead. */
type BeforeRule = (context: RuleContext) => Row;

/** Runs when the record is stored. */
type AfterRule = (context: RuleContext) => void;

const beforeRules: Readonly<Record<string, readonly BeforeRule[]>> = {
  task: [stampOpening],
  change_request: [
    defaultsOfNewChange,
    checkStateTransition,
    demand(closedState, ['close_code', 'close_notes']),
    endIn([closedState, canceledState]),
  ],
  change_task: [belongToChange, endIn(['3', '4'])],
  incident: [
    mirror('state', 'incident_state'),
    demand('6', ['close_code', 'close_notes']),
    demand('7', ['close_code', 'close_notes']),
    endIn(['7', '8']),
  ],
  problem: [mirror('state', 'problem_state'), endIn(['107'])],
};

const afterRules: Readonly<Record<string, readonly AfterRule[]>> = {
  change_request: [askForApproval, cancelApprovals],
  sysapproval_approver: [({ world, after }) => settleApproval(world, after)],
};

/** Runs the rules of the table and its parents, parents first, each seeing what the earlier ones set. */
export function applyBeforeRules(context: RuleContext): Row {
  let after = context.after;
  for (const rule of rulesOf(context, beforeRules)) after = { ...after, ...rule({ ...context, after }) };
  return after;
}

export function applyAfterRules(context: RuleContext): void {
  for (const rule of rulesOf(context, afterRules)) rule(context);
}

function rulesOf<Rule>(
  { world, table }: RuleContext,
  rules: Readonly<Record<string, readonly Rule[]>>,
): readonly Rule[] {
  return world.schema
    .lineage(table)
    .toReversed()
    .flatMap((name) => rules[name] ?? []);
}

function stampOpening({ world, user, before, after }: RuleContext): Row {
  if (before) return {};
  return { opened_by: after.opened_by || user.sysId, opened_at: after.opened_at || toStoredDateTime(world.now()) };
}

/** A standard change is approved at birth, and stays New all the same. */
function defaultsOfNewChange({ user, before, after }: RuleContext): Row {
  if (before) return {};
  const approval = after.type === 'standard' ? { approval: 'approved' } : {};
  return { requested_by: after.requested_by || user.sysId, ...approval };
}

/** The change that a task is for is its parent, whichever of the two references was given. */
function belongToChange({ world, after }: RuleContext): Row {
  if (after.change_request) return { parent: after.change_request };
  const parent = world.store.get('change_request', after.parent ?? '');
  return parent ? { change_request: after.parent ?? '' } : {};
}

function checkStateTransition({ table, before, after }: RuleContext): Row {
  if (!before) return {};
  if (isLegalMove(before.type ?? '', before.state ?? '', after.state ?? '', after.approval ?? '')) return {};
  throw errors.abortedByRule(table, 'Change Model: Check State Transition');
}

function demand(state: string, fields: readonly string[]): BeforeRule {
  return ({ world, table, before, after }) => {
    if (after.state !== state || before?.state === state) return {};
    const columns = world.schema.columns(table);
    const missing = fields.filter((name) => after[name] === '').map((name) => columns.get(name)?.label ?? name);
    if (missing.length > 0) throw errors.dataPolicy(missing);
    return {};
  };
}

function mirror(from: string, to: string): BeforeRule {
  return ({ before, after }) => (before?.[from] === after[from] ? {} : { [to]: after[from] ?? '' });
}

function endIn(states: readonly string[]): BeforeRule {
  return ({ world, user, before, after }) => {
    if (before?.state === after.state) return {};
    if (!states.includes(after.state ?? '')) return { active: 'true', closed_at: '', closed_by: '' };
    return { active: 'false', closed_at: toStoredDateTime(world.now()), closed_by: user.sysId };
  };
}

function askForApproval({ world, before, after }: RuleContext): void {
  const atBirth = !before && world.settings.approvalsOnCreate && after.type !== 'standard' && after.state === '-5';
  if (atBirth || startsAsking(before, after)) seekApproval(world, after);
}

function cancelApprovals({ world, before, after }: RuleContext): void {
  if (after.state !== canceledState || before?.state === canceledState) return;
  const changeId = after.sys_id ?? '';
  endRequests(world, changeId, 'cancelled');
  if (after.approval === 'requested') world.update('change_request', changeId, { approval: 'cancelled' }, 'system');
}
