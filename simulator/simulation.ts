import type { FastifyRequest } from 'fastify';
import type { FaultControl } from './fault-control.ts';
import type { FaultPlan } from './faults.ts';
import type { RateLimits } from './rate-limits.ts';
import type { LoggedRequest, RequestLog } from './request-log.ts';
import { ServiceNowError } from './service-now-error.ts';
import type { ThreadPool } from './thread-pool.ts';
import type { User } from './users.ts';
import type { World } from './world.ts';

/** What the routes and hooks share: the instance, what is wrong with it, and what was asked of it. */
export interface Simulation {
  readonly world: World;
  readonly faults: FaultControl;
  readonly log: RequestLog;
  readonly threads: ThreadPool;
  readonly rates: RateLimits;
  /** What the simulator's requests to itself carry, so that nobody else's are taken for them. */
  readonly innerKey: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** What hooks find out about a request for those that come after them. */
    instance: {
      user?: User;
      logged?: LoggedRequest;
      /** The fault that spoils the answer when the work is done. */
      plan?: FaultPlan;
      /** Says that the request is no longer being answered. */
      leave?: () => void;
      /** Whether writes are only to look as if they were done. */
      pretend: boolean;
    };
  }
}

/** The user that the authentication hook has found; every route under /api has one. */
export function userOf(request: FastifyRequest): User {
  const { user } = request.instance;
  if (!user) throw new ServiceNowError(500, 'Request reached a route without a user', null);
  return user;
}

export function pathOf(request: FastifyRequest): string {
  const end = request.url.indexOf('?');
  return end < 0 ? request.url : request.url.slice(0, end);
}

export function parametersOf(request: FastifyRequest): URLSearchParams {
  const start = request.url.indexOf('?');
  return new URLSearchParams(start < 0 ? '' : request.url.slice(start + 1));
}

/** What links begin with: the instance's own address where it has one, else the address that was called. */
export function baseUrlOf(request: FastifyRequest, world: World): string {
  return world.settings.instanceUrl || `${request.protocol}://${request.host}${world.basePath}`;
}

/** Whether an address lies at or below a base path such as `/snow`; below the empty one lies every address. */
export function isUnder(basePath: string, url: string): boolean {
  return url.startsWith(basePath) && /^$|^[/?]/.test(url.slice(basePath.length));
}

/** The body as an object; of a list or of `{records}` the first record alone, as ServiceNow takes it. */
export function bodyOf(request: FastifyRequest): Readonly<Record<string, unknown>> {
  const { body } = request;
  if (body === undefined || body === null) return {};
  const records = isRecord(body) ? body.records : body;
  const first = Array.isArray(records) ? records[0] : body;
  return isRecord(first) ? first : {};
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
