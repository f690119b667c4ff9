export interface RateLimit {
  readonly limit: number;
  readonly windowSeconds: number;
}

export type Taken =
  | { readonly kind: 'counted'; readonly resetAtSeconds: number }
  | { readonly kind: 'exceeded'; readonly resetAtSeconds: number; readonly retryAfterSeconds: number };

/** The sys_id of the one rule there is. */
export const rateLimitRule = '5f0c2a7edb1b1010a1b2c3d4e5f60718';

/** Counts requests by user and API within the hours of the instance's clock. */
export class RateLimits {
  readonly #counts = new Map<string, { readonly windowStartMs: number; readonly count: number }>();

  take(key: string, nowMs: number, { limit, windowSeconds }: RateLimit): Taken {
    const windowMs = windowSeconds * 1000;
    const windowStartMs = nowMs - (nowMs % windowMs);
    const resetAtSeconds = Math.ceil((windowStartMs + windowMs) / 1000);
    const known = this.#counts.get(key);
    const count = known?.windowStartMs === windowStartMs ? known.count : 0;
    if (count >= limit) {
      const retryAfterSeconds = Math.max(1, Math.ceil((windowStartMs + windowMs - nowMs) / 1000));
      return { kind: 'exceeded', resetAtSeconds, retryAfterSeconds };
    }
    this.#counts.set(key, { windowStartMs, count: count + 1 });
    return { kind: 'counted', resetAtSeconds };
  }
}

/** The API that a path belongs to, as the rules name it. */
export function apiNameOf(path: string): string {
  const found = /^\/api\/(?:now\/)?(?:v\d+\/)?([a-z_]+)/.exec(path)?.[1] ?? '';
  return apiNames[found] ?? 'REST API';
}

const apiNames: Readonly<Record<string, string>> = {
  table: 'Table API',
  stats: 'Aggregate API',
  import: 'Import Set API',
  attachment: 'Attachment API',
  batch: 'Batch API',
  sn_chg_rest: 'Change Management API',
};
