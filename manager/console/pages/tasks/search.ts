/** What the address of the list says: which tasks. */
export const taskStates = ['queued', 'assigned', 'running', 'succeeded', 'failed', 'cancelled', 'expired'] as const;

export const taskTypes = [
  'connection.test',
  'ticket.create',
  'ticket.update',
  'ticket.update-many',
  'ticket.read',
  'import-set.load',
  'metadata.read',
] as const;

export interface TasksSearch {
  readonly state?: (typeof taskStates)[number][];
  readonly type?: (typeof taskTypes)[number];
  readonly connectorId?: string;
  readonly delegateId?: string;
}

/** Reads an address that anybody may have typed: what is no filter is left out. */
export function readTasksSearch(search: Readonly<Record<string, unknown>>): TasksSearch {
  const asked = [search.state].flat();
  const state = taskStates.filter((each) => asked.includes(each));
  const type = taskTypes.find((each) => each === search.type);
  const { connectorId, delegateId } = search;
  return {
    ...(state.length > 0 && { state }),
    ...(type && { type }),
    ...(typeof connectorId === 'string' && { connectorId }),
    ...(typeof delegateId === 'string' && { delegateId }),
  };
}
