import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { buildApp } from '../../simulator/app.ts';
import { decideForAll } from '../../simulator/approvals.ts';
import { World } from '../../simulator/world.ts';
import { serveCommands } from './commands.ts';

/** A simulated ServiceNow instance with as many changes as gates wait for; it counts what it is asked. */

export interface InstanceReady {
  readonly url: string;
}

export interface Change {
  readonly sysId: string;
  readonly number: string;
}

/** A change that was approved, and when, in milliseconds since the epoch. */
export interface Decided extends Change {
  readonly at: number;
}

export interface InstanceCommands {
  /** Changes that wait for their approvers. */
  addChanges(options: { count: number }): Promise<readonly Change[]>;
  /** Approves changes one after the other, evenly over a time. */
  approve(options: { changes: readonly Change[]; withinMs: number }): Promise<readonly Decided[]>;
  /** How often it was asked since it was last asked this. */
  takeRequests(argument: null): Promise<number>;
}

const world = new World({ seed: 1 });
const app = buildApp(world);
await app.listen({ host: '127.0.0.1', port: 0 });
const { port } = app.server.address() as AddressInfo;
const url = `http://127.0.0.1:${port}`;

serveCommands<InstanceCommands>(
  {
    addChanges: async ({ count }) =>
      Array.from({ length: count }, (_, n) => {
        const values = { short_description: `Deploy ${n}`, state: '-4', approval: 'requested' };
        const { sys_id: sysId = '', number = '' } = world.insert('change_request', values, 'admin');
        for (const userName of world.settings.approvers) {
          const approver = world.store.rows('sys_user').find((user) => user.user_name === userName)?.sys_id ?? '';
          world.insert('sysapproval_approver', { state: 'requested', approver, sysapproval: sysId }, 'system');
        }
        return { sysId, number };
      }),
    approve: async ({ changes, withinMs }) => {
      const decided: Decided[] = [];
      for (const change of changes) {
        await setTimeout(withinMs / changes.length);
        decideForAll(world, change.sysId, 'approved');
        decided.push({ ...change, at: Date.now() });
      }
      return decided;
    },
    takeRequests: async () => {
      const { total } = (await (await fetch(`${url}/simulator/requests`)).json()) as { total: number };
      await fetch(`${url}/simulator/requests`, { method: 'DELETE' });
      return total;
    },
  },
  { url } satisfies InstanceReady,
  () => app.close(),
);
