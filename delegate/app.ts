import type { Policy } from '#protocol/policy.ts';
import type { Service } from '#runtime/program.ts';
import { answerCanary } from './core/canary.ts';
import type { Clock } from './core/clock.ts';
import { Delegate, type DelegateState } from './core/delegate.ts';
import type { Handlers, TargetHandlers } from './core/handler.ts';
import type { RedialPolicy, Welcome } from './core/link.ts';
import type { Log } from './core/log.ts';
import type { ReachProbe } from './core/reach-checks.ts';
import { tagsOf } from './core/tags.ts';
import { openIdentity } from './identity.ts';
import { createManagerLink } from './link/manager-link.ts';

export interface DelegateSettings {
  readonly managerUrl: string;
  readonly token: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly dataDirectory: string;
  readonly capacity: number;
  /** What the operator allows; undefined: no limit. */
  readonly policy: Policy | undefined;
  readonly drainTimeoutMs: number;
  /** How long the last reports and their acknowledgements may take after that. */
  readonly lastWordsMs: number;
}

/** What a delegate is made of, besides its own code. */
export interface DelegateParts {
  readonly handlers: TargetHandlers;
  readonly probeReach: ReachProbe;
  /** Ends what the handlers and the probe hold; called when nothing runs any more. */
  readonly closeHandlers: () => Promise<void>;
  readonly redial: RedialPolicy;
  readonly clock: Clock;
  readonly log: Log;
  readonly hostname: string;
  readonly version: string;
  /** Another one for each start of the process. */
  readonly runId: string;
  readonly onWelcome?: (welcome: Welcome) => void;
  readonly onStateChange?: (to: DelegateState, from: DelegateState) => void;
}

/** Starts a delegate. Throws DataDirectoryError; a manager that cannot be reached is no reason to fail. */
export async function startDelegate(settings: DelegateSettings, parts: DelegateParts): Promise<Service> {
  const { managerUrl, token, name, capacity, drainTimeoutMs, lastWordsMs, policy } = settings;
  const { clock, hostname, log, probeReach, redial, runId, version } = parts;
  const handlers: Handlers = { ...parts.handlers, canary: answerCanary };
  const own = await openIdentity(settings.dataDirectory);
  const tags = tagsOf(settings.tags, name, hostname);
  const { instanceId } = own;
  const identity = {
    token,
    name,
    instanceId,
    hostname: hostname.slice(0, 256),
    version,
    tags,
    taskTypes: Object.keys(handlers),
    capacity,
    runId,
    ...(policy && { policy }),
  };
  const online = Promise.withResolvers<Welcome>();
  const delegate = new Delegate({
    capacity,
    drainTimeoutMs,
    lastWordsMs,
    handlers,
    policy: policy ?? {},
    probeReach,
    link: createManagerLink({ managerUrl, identity, clock, log }),
    redial,
    clock,
    log,
    onWelcome: (welcome) => {
      online.resolve(welcome);
      parts.onWelcome?.(welcome);
    },
    onStateChange: (to, from) => parts.onStateChange?.(to, from),
  });
  if (isPlain(managerUrl)) log.warn({ managerUrl }, 'the link to the manager is not encrypted');
  log.info({ name, instanceId, runId, tags, capacity, policy, managerUrl }, 'delegate starting');
  // A drain that the manager asked for ends it as well, so the end hangs on the delegate and not on close().
  const ended = delegate.start().finally(async () => {
    await parts.closeHandlers();
    await own.release();
  });
  return {
    /** Waits for the first welcome, however long it takes: a delegate never gives up. */
    ready: online.promise.then(({ delegateId, managerId }) => ({ event: 'online', delegateId, managerId, name })),
    ended,
    close: () => {
      // Its fault, if there is one, is told by `ended` too.
      delegate.close().catch(() => {});
      return ended;
    },
    abandoned: () => delegate.abandoned(),
  };
}

/** Whether the delegate token would travel in clear text over a network. */
function isPlain(managerUrl: string): boolean {
  const { protocol, hostname } = new URL(managerUrl);
  return protocol === 'http:' && !/^(localhost|127\..*|\[::1\])$/.test(hostname);
}
