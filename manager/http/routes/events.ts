import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { ChangeFeed } from '../../core/change-feed.ts';
import { type Change, topics } from '../../core/changes.ts';
import { type ServerEvent, writeEvents } from '../event-stream.ts';
import { Problem } from '../problems.ts';
import { goneSignal } from '../requests.ts';

const Stream = Type.String({
  description: `events named changed, with {"topics": […], "ids": […]} as their data; topics are among ${topics.join(', ')}; docs/http-api.md`,
});

/** Server-sent events of what changes, for a page that shows it. */
export function eventRoutes({
  changes,
  onError,
}: {
  changes: ChangeFeed;
  onError: (error: unknown, requestId: string) => void;
}): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/events',
      {
        config: { role: 'viewer' },
        exposeHeadRoute: false,
        schema: { response: { 200: { content: { 'text/event-stream': { schema: Stream } } }, default: Problem } },
      },
      async (request, reply) => {
        const events = changes.follow(goneSignal(reply));
        try {
          // Before the first there may be a refusal, which is a problem document.
          await events.next();
          reply.hijack();
          await writeEvents(reply.raw, toServerEvents(events, request)).catch((error: unknown) =>
            onError(error, request.id),
          );
          return reply;
        } finally {
          // However it ends: a reader may be dropped before the rest was begun.
          await events.return();
        }
      },
    );
  };
}

async function* toServerEvents(
  changes: AsyncIterable<Change | undefined>,
  reader: Pick<FastifyRequest, 'isStillAdmitted'>,
): AsyncGenerator<ServerEvent | undefined, void> {
  for await (const change of changes) {
    if (!(await reader.isStillAdmitted())) return;
    yield change && { event: 'changed', data: change };
  }
}
