import { approvalSeekingStates, newState, scheduledState } from './change-states.ts';
import type { Row } from './record-store.ts';
import type { World } from './world.ts';

export type Decision = 'approved' | 'rejected';

/** Approvals come from flows that run after the write, in the name of the system. */
const flow = 'system';

/** Asks for approval of a change; its rows appear now, or after so many reads as the settings say. */
export function seekApproval(world: World, change: Row): void {
  const changeId = change.sys_id ?? '';
  if (world.pendingApprovals.has(changeId) || approvalsOf(world, changeId, 'requested').length > 0) return;
  const reads = world.settings.approvalsAppearAfterReads;
  if (reads > 0) world.pendingApprovals.set(changeId, reads);
  else requestApprovals(world, changeId);
}

/** Counts one read of the Table API against the approvals that have not appeared yet. */
export function countReadForApprovals(world: World): void {
  for (const [changeId, reads] of world.pendingApprovals) {
    if (reads > 1) {
      world.pendingApprovals.set(changeId, reads - 1);
      continue;
    }
    world.pendingApprovals.delete(changeId);
    requestApprovals(world, changeId);
  }
}

/** The approver rows of a change, all or those in one state. */
export function approvalsOf(world: World, changeId: string, state?: string): readonly Row[] {
  return world.store
    .rows('sysapproval_approver')
    .filter((row) => row.sysapproval === changeId && (state === undefined || row.state === state));
}

/**
 * Draws the consequences of an approver's decision: the first rejection sends the change back to New and ends the other
 * requests; when nobody is left to be asked the change is approved and Scheduled.
 */
export function settleApproval(world: World, approval: Row): void {
  const changeId = approval.sysapproval ?? '';
  const change = world.store.get('change_request', changeId);
  if (change?.row.approval !== 'requested') return;
  if (approval.state === 'rejected') {
    endRequests(world, changeId, 'not_required');
    world.update('change_request', changeId, { approval: 'rejected', state: newState }, flow);
  } else if (approval.state === 'approved' && approvalsOf(world, changeId, 'requested').length === 0) {
    world.update(
      'change_request',
      changeId,
      { approval: 'approved', state: scheduledState, phase_state: 'open' },
      flow,
    );
  }
}

/** Decides for every approver who is still asked; returns how many there were. */
export function decideForAll(world: World, changeId: string, decision: Decision): number {
  const requested = approvalsOf(world, changeId, 'requested');
  for (const { sys_id = '', approver = '' } of requested) {
    // A rejection ends the other requests: they are no longer anybody's to decide.
    if (world.store.get('sysapproval_approver', sys_id)?.row.state !== 'requested') continue;
    const by = world.store.get('sys_user', approver)?.row.user_name ?? flow;
    const row = world.update('sysapproval_approver', sys_id, { state: decision }, by);
    if (row) settleApproval(world, row);
  }
  return requested.length;
}

/** Ends what is still being asked, as when the change is cancelled. */
export function endRequests(world: World, changeId: string, state: 'not_required' | 'cancelled'): void {
  world.pendingApprovals.delete(changeId);
  for (const { sys_id = '' } of approvalsOf(world, changeId, 'requested'))
    world.update('sysapproval_approver', sys_id, { state }, flow);
}

/** Whether a change asks for approval now and did not before. */
export function startsAsking(before: Row | undefined, after: Row): boolean {
  if (after.approval === 'requested') return before?.approval !== 'requested';
  const seeking = approvalSeekingStates.has(after.state ?? '');
  return seeking && after.approval !== 'approved' && !approvalSeekingStates.has(before?.state ?? '');
}

function requestApprovals(world: World, changeId: string): void {
  const change = world.store.get('change_request', changeId);
  if (!change) return;
  const users = world.store.rows('sys_user');
  for (const userName of world.settings.approvers) {
    const approver = users.find((user) => user.user_name === userName);
    if (!approver) continue;
    const values = {
      state: 'requested',
      approver: approver.sys_id ?? '',
      sysapproval: changeId,
      document_id: changeId,
      source_table: change.table,
    };
    world.insert('sysapproval_approver', values, flow);
  }
  world.update('change_request', changeId, { approval: 'requested' }, flow);
}
