import type { Params, Result } from '#protocol/task-types.ts';

/** What travels in the benches. */

export const connector = {
  name: 'snow',
  baseUrl: 'https://example.service-now.com/',
  authentication: { kind: 'basic', username: 'integration', password: { secret: 'pw' } },
} as const;

export const readParams = { table: 'change_request', numbers: ['CHG0000001'], fields: ['state'] };

/** A delegate keeps such a task until it is told to let go. */
export const heldParams = { ...readParams, numbers: ['CHG-HELD'] } satisfies Params<'ticket.read'>;

/** About 300 bytes. */
export const readResult: Result<'ticket.read'> = {
  tickets: [
    {
      table: 'change_request',
      number: 'CHG0000001',
      sysId: 'a9e30c7dc61122760116894de7bcc7bd',
      link: 'https://example.service-now.com/nav_to.do?uri=change_request.do?sys_id=a9e30c7dc61122760116894de7bcc7bd',
      fields: { state: { value: '-2', displayValue: 'Scheduled' } },
    },
  ],
  missing: [],
};

/** What the bare ways are given: about 300 bytes, as much as ours has to carry of a task. */
export const bareTask = {
  type: 'ticket.read',
  connectorId: 'con_0123456789abcdef',
  target: {
    baseUrl: connector.baseUrl,
    authentication: { kind: 'basic', username: 'integration', password: { secret: 'pw' } },
  },
  selectors: ['dc1'],
  params: readParams,
  limits: { pickUpMs: 60_000, runMs: 60_000, deadlineMs: 180_000 },
};

/** How many tasks that have ended are kept, here and there. */
export const keptTasks = 10_000;

/** The selector of one of the routes, counted from 0. */
export function selectorOf(route: number): string {
  return `r${route}`;
}
