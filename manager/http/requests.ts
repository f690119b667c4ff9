import type { FastifyReply } from 'fastify';
import Type, { type TSchema } from 'typebox';
import { illegalTags, tagRule } from '#protocol/selectors.ts';
import { parseDuration } from '#runtime/duration.ts';
import { Refusal } from '../core/refusal.ts';

/** Parts that several routes share. */

export const longestWaitMs = 60_000;

export const WaitQuery = Type.Object({
  waitMs: Type.Optional(
    Type.Integer({ minimum: 0, maximum: longestWaitMs, description: 'answer when it has ended, or after so long' }),
  ),
});

export const PageQuery = Type.Object({
  cursor: Type.Optional(
    Type.String({ pattern: '^\\d{1,16}:[A-Za-z0-9_]{1,64}$', description: 'what the page before answered' }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
});

/** One or several of these, each given by itself: `?state=queued&state=running`. */
export function anyOf<Values extends string[]>(values: readonly [...Values]) {
  return Type.Optional(
    Type.Array(Type.Enum(values), {
      minItems: 1,
      maxItems: values.length,
      description: 'any of these; may be repeated',
    }),
  );
}

/** Drops what was not given. */
export function given<Parts extends Record<string, unknown>>(parts: Parts): Given<Parts> {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as Given<Parts>;
}

type Given<Parts> = { [Name in keyof Parts]?: Exclude<Parts[Name], undefined> };

/** One page of a list: what is in it, and where the next one begins. */
export function pageOf<Item extends TSchema>(item: Item) {
  return Type.Object({ items: Type.Array(item), cursor: Type.Optional(Type.String()) });
}

export function viewPage<Item>(items: Item[], cursor: string | undefined): { items: Item[]; cursor?: string } {
  return cursor === undefined ? { items } : { items, cursor };
}

export const defaultPageLimit = 50;

export const IdempotencyHeaders = Type.Object({
  'idempotency-key': Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
});

export const IdParams = Type.Object({ id: Type.String({ minLength: 1, maxLength: 128 }) });

export const Name = Type.String({ minLength: 1, maxLength: 80, pattern: '^\\S(.*\\S)?$' });

export const Selectors = Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { maxItems: 50 });

/** A duration as people write it, such as `1d 2h`. */
export const DurationText = Type.String({ minLength: 1, maxLength: 40, description: 'such as 90s, 10m or 1d 2h' });

/** Reads a duration within bounds (milliseconds); undefined stays undefined. */
export function readDuration(
  text: string | undefined,
  path: string,
  bounds: { minimum: number; maximum: number; inWords: string },
): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= bounds.minimum && ms <= bounds.maximum) return ms;
  throw invalid(path, `must be a duration ${bounds.inWords}, got ${JSON.stringify(text)}`);
}

export function checkSelectors(selectors: readonly string[]): void {
  const illegal = illegalTags(selectors);
  if (illegal.length > 0)
    throw invalid('/selectors', `cannot be selectors: ${illegal.join(', ')}; expected ${tagRule}`);
}

export function invalid(path: string, message: string): Refusal {
  return new Refusal('invalid-request', `${path} ${message}`, 'Correct it and send the request again.', {
    faults: [{ path, message }],
  });
}

/** Aborts when the caller goes away before it is answered. */
export function goneSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  // Not after the answer: an abort that nobody heeds costs as much as the rest of the request.
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}
