import { Pool } from 'undici';
import { type LoopResult, runFor } from './closed-loop.ts';

export interface HttpRequest {
  readonly origin: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends a request over and over on keep-alive connections, each as soon as the one before is answered. */
export async function loadHttp(
  { origin, path, headers = {}, body }: HttpRequest,
  { durationMs, connections }: { durationMs: number; connections: number },
): Promise<LoopResult> {
  const pool = new Pool(origin, { connections, pipelining: 1 });
  const allHeaders = { 'content-type': 'application/json', ...headers };
  try {
    return await runFor(durationMs, connections, async () => {
      const answer = await pool.request({ method: 'POST', path, headers: allHeaders, body });
      const text = await answer.body.text();
      if (answer.statusCode !== 200 || !text.includes('"succeeded"'))
        throw new Error(`${path} answered ${answer.statusCode}: ${text}`);
    });
  } finally {
    await pool.close();
  }
}
