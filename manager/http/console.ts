import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';

/** Files with a hash in their name: what a name holds never changes. */
const hashedFilesAgeMs = 365 * 86_400_000;

/**
 * Serves the console that was built into this directory: its files, and its page for every address that is none of the
 * API's. The page may load nothing but what this manager serves, and nobody may frame it.
 */
export async function serveConsole(app: FastifyInstance, directory: string): Promise<void> {
  const [before = '', after] = (await readPage(directory)).split('NONCE');
  await app.register(fastifyStatic, {
    root: directory,
    serve: false,
    preCompressed: true,
    setHeaders: (reply) => reply.header('x-content-type-options', 'nosniff'),
  });
  const hidden = { config: { role: 'public' }, schema: { hide: true } } as const;
  app.get<{ Params: { '*': string } }>('/assets/*', hidden, async ({ params }, reply) =>
    reply.sendFile(`assets/${params['*']}`, { immutable: true, maxAge: hashedFilesAgeMs }),
  );
  app.get('/favicon.svg', hidden, async (_request, reply) => reply.sendFile('favicon.svg'));
  app.get('/*', hidden, async ({ url, headers }, reply) => {
    if (url.startsWith('/api/') || !headers.accept?.includes('text/html')) return reply.callNotFound();
    const nonce = randomBytes(16).toString('base64');
    return sendPage(reply, after === undefined ? before : `${before}${nonce}${after}`, nonce);
  });
}

function sendPage(reply: FastifyReply, page: string, nonce: string): FastifyReply {
  return reply
    .headers({
      'content-security-policy': [
        "default-src 'none'",
        "script-src 'self'",
        `style-src 'self' 'nonce-${nonce}'`,
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
      ].join('; '),
      'cache-control': 'no-store',
      'cross-origin-opener-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    })
    .type('text/html; charset=utf-8')
    .send(page);
}

/** In a clone that was not set up there is none: the API works all the same. */
async function readPage(directory: string): Promise<string> {
  try {
    return await readFile(join(directory, 'index.html'), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return notBuilt;
    throw error;
  }
}

const notBuilt = `<!doctype html><html lang="en"><title>Ticketgate</title>
<p>The console is not built here. Run <code>npm run build</code> in the clone and start the manager again; the API and the
command-line tool work without it.</p></html>`;
