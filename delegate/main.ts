import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DataDirectoryError } from '#runtime/data-files.ts';
import { UsageError } from '#runtime/options.ts';
import type { Program } from '#runtime/program.ts';
import { startDelegate } from './app.ts';
import { delegateOptions } from './config.ts';
import { createRedialPolicy } from './link/backoff.ts';
import { createSystemClock } from './link/system-clock.ts';
import { readPolicyFile } from './policy-file.ts';
import { readProxySettings } from './proxy-settings.ts';
import { createHandlers } from './servicenow/handlers.ts';
import { version } from './version.ts';

/** Short beside the grace of 30 s that Kubernetes gives, and long enough for a round trip to Redis. */
const lastWordsMs = 2_000;

export const delegateProgram: Program<typeof delegateOptions> = {
  name: 'delegate',
  summary: 'the daemon that runs tasks near ServiceNow; it dials out to a manager',
  options: delegateOptions,
  async start(options, { logger, env }) {
    const { manager, token, name, tags, data, capacity, drainTimeout, logLevel, servicenowProxy } = options;
    const policy = options.policy === undefined ? undefined : await readPolicyFile(options.policy);
    const clock = createSystemClock();
    const log = logger.child({ delegateName: name }, { level: logLevel });
    const { proxyFor, described } = readProxySettings(servicenowProxy, env);
    if (described !== undefined) log.info(described, 'servicenow is called through a proxy');
    const serviceNow = createHandlers({ clock, wallClockMs: Date.now, proxyFor });
    const settings = {
      managerUrl: manager,
      token,
      name,
      tags,
      dataDirectory: data ?? join('.ticketgate', `delegate-${name}`),
      capacity,
      policy,
      drainTimeoutMs: drainTimeout,
      lastWordsMs,
    };
    try {
      return await startDelegate(settings, {
        handlers: serviceNow.handlers,
        probeReach: serviceNow.probeReach,
        closeHandlers: serviceNow.close,
        redial: createRedialPolicy(Math.random),
        clock,
        log,
        hostname: hostname(),
        version,
        runId: randomUUID(),
      });
    } catch (error) {
      await serviceNow.close();
      if (error instanceof DataDirectoryError)
        throw new UsageError(error.message, {
          cause: error,
          remedy:
            'Give --data a directory that this user may write and no other process uses; see docs/operators.md, "The data directory".',
        });
      throw error;
    }
  },
};
