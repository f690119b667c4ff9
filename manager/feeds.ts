import type { Approvals } from './core/approvals.ts';
import { ChangeFeed } from './core/change-feed.ts';
import type { Clock } from './core/clock.ts';
import { Following } from './core/following.ts';
import { viewTask } from './core/task-record.ts';
import type { Tasks } from './core/tasks.ts';
import type { Notices, Waiters } from './core/waiters.ts';
import { sha256 } from './crypto/ids.ts';

interface Deps {
  readonly approvals: Approvals;
  readonly tasks: Tasks;
  readonly notices: Notices;
  readonly waiters: Waiters;
  readonly clock: Clock;
}

/** What readers of event streams are told. */
export function createFeeds({ approvals, tasks, notices, waiters, clock }: Deps) {
  const approvalFeed = new Following({
    read: (id) => approvals.show(id),
    view: (approval) => approval,
    isOver: ({ state }) => state !== 'waiting',
    what: 'approval',
    waiters,
    clock,
    hash: sha256,
  });
  const taskFeed = new Following({
    read: async (id) => tasks.withFindings(await tasks.read(id)),
    view: viewTask,
    isOver: ({ outcome }) => outcome !== undefined,
    what: 'task',
    waiters,
    clock,
    hash: sha256,
  });
  const changes = new ChangeFeed({ notices, clock });
  return {
    approvalFeed,
    taskFeed,
    changes,
    /** Before the waiters, which it waits with. */
    close: async (): Promise<void> => {
      await Promise.all([approvalFeed.close(), taskFeed.close(), changes.close()]);
    },
  };
}
