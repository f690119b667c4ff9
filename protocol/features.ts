import type { AuthenticationKind } from './authentication.ts';
import type { TaskType } from './task-types.ts';
import type { Feature } from './version.ts';

/** Tells which optional abilities a delegate must have for a task; an older one would misunderstand it. */
export function featuresNeeded(task: {
  readonly type: TaskType;
  readonly params: unknown;
  readonly authentication: AuthenticationKind | undefined;
}): Feature[] {
  const needed: Feature[] = [];
  if (task.authentication !== undefined && task.authentication !== 'basic') needed.push('authentication-kinds');
  if (needsForms(task.type, task.params)) needed.push('ticket-forms');
  return needed;
}

const columnName = /^[a-z][a-z0-9_]*$/;

function needsForms(type: TaskType, params: unknown): boolean {
  if (type !== 'ticket.create' && type !== 'ticket.update') return false;
  if (typeof params !== 'object' || params === null) return false;
  if ('template' in params || 'changeType' in params || 'changeRequest' in params) return true;
  const fields = 'fields' in params ? params.fields : undefined;
  return typeof fields === 'object' && fields !== null && !Object.keys(fields).every((name) => columnName.test(name));
}
