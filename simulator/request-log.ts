export interface LoggedRequest {
  readonly at: string;
  readonly method: string;
  readonly path: string;
  /** The `sysparm_` parameters alone: any other may carry a credential. */
  readonly query: string;
  /** Null while the request is being answered, and for ever when its socket was destroyed. */
  status: number | null;
  /** The user that the credentials belong to; null when they were none or wrong. */
  user: string | null;
}

export interface RequestSummary {
  readonly total: number;
  /** How many requests were being answered at once, at most. */
  readonly mostAtOnce: number;
  readonly byMethod: Readonly<Record<string, number>>;
  readonly byTable: Readonly<Record<string, number>>;
  readonly recent: readonly LoggedRequest[];
}

const recentLimit = 1000;

/** Counts what was asked of the instance and remembers the latest requests, never a header or a body. */
export class RequestLog {
  #total = 0;
  #atOnce = 0;
  #mostAtOnce = 0;
  #byMethod = new Map<string, number>();
  #byTable = new Map<string, number>();
  #recent: LoggedRequest[] = [];

  add(method: string, path: string, parameters: URLSearchParams, at: Date): LoggedRequest {
    const shown = new URLSearchParams([...parameters].filter(([name]) => name.startsWith('sysparm_')));
    const entry = { at: at.toISOString(), method, path, query: shown.toString(), status: null, user: null };
    this.#total += 1;
    this.#atOnce += 1;
    this.#mostAtOnce = Math.max(this.#mostAtOnce, this.#atOnce);
    count(this.#byMethod, method);
    const table = /^\/api\/now\/(?:v\d+\/)?table\/([^/]+)/.exec(path)?.[1];
    if (table !== undefined) count(this.#byTable, table);
    this.#recent.push(entry);
    if (this.#recent.length > recentLimit) this.#recent.shift();
    return entry;
  }

  /** Says that one of the requests is no longer being answered. */
  leave(): void {
    this.#atOnce -= 1;
  }

  summary(): RequestSummary {
    return {
      total: this.#total,
      mostAtOnce: this.#mostAtOnce,
      byMethod: Object.fromEntries(this.#byMethod),
      byTable: Object.fromEntries(this.#byTable),
      recent: this.#recent,
    };
  }

  reset(): void {
    this.#total = 0;
    this.#mostAtOnce = this.#atOnce;
    this.#byMethod = new Map();
    this.#byTable = new Map();
    this.#recent = [];
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
