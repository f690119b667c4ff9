import type { TestManager } from './manager.ts';

export interface ToldChange {
  readonly topics: readonly string[];
  readonly ids?: readonly string[];
}

export interface ChangeStream extends AsyncDisposable {
  /** All that was told so far. */
  readonly told: readonly ToldChange[];
  readonly contentType: string | null;
  /** Resolves when the manager has ended it. */
  readonly ended: Promise<void>;
}

/** Reads what a manager tells of changes, as a browser would. */
export async function readChanges(
  manager: TestManager,
  headers: Readonly<Record<string, string>> = { authorization: `Bearer ${manager.adminToken}` },
): Promise<ChangeStream> {
  const abort = new AbortController();
  const response = await fetch(`${manager.url}/api/v1/events`, { headers, signal: abort.signal });
  if (!response.ok || !response.body) throw new Error(`no stream: ${response.status}`);
  const told: ToldChange[] = [];
  const ended = collect(response.body, told).catch((error: unknown) => {
    if (!abort.signal.aborted) throw error;
  });
  return {
    told,
    contentType: response.headers.get('content-type'),
    ended,
    [Symbol.asyncDispose]: async () => {
      abort.abort();
      await ended;
    },
  };
}

async function collect(body: ReadableStream<Uint8Array>, told: ToldChange[]): Promise<void> {
  let text = '';
  for await (const part of body.pipeThrough(new TextDecoderStream())) {
    text += part;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const data = /^event: changed\ndata: (.*)$/.exec(text.slice(0, end))?.[1];
      if (data !== undefined) told.push(JSON.parse(data) as ToldChange);
      text = text.slice(end + 2);
    }
  }
}
