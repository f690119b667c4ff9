import type { UsageScope } from '#protocol/scope.ts';
import type { Role } from './tokens.ts';

/** Whoever sends a request: the holder of an API token. */
export interface Caller {
  /** The token's name. */
  readonly name: string;
  readonly role: Role;
  readonly scope: UsageScope;
  /** When the token expires, in milliseconds since the epoch. */
  readonly expiresAt?: number;
}
