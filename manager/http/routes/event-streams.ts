import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Change, Following } from '../../core/following.ts';
import { type ServerEvent, writeEvents } from '../event-stream.ts';
import { Problem } from '../problems.ts';
import { goneSignal, IdParams } from '../requests.ts';

const StreamHeaders = Type.Object({
  'last-event-id': Type.Optional(Type.String({ description: 'the id of the last event that was seen' })),
});

interface StreamOptions<Read, View> {
  /** What events are named, such as `approval`; the route is below its plural. */
  readonly name: 'approval' | 'task';
  /** Where the events are described. */
  readonly page: string;
  readonly feed: Following<Read, View>;
  readonly onError: (error: unknown, requestId: string) => void;
}

/** Server-sent events of one approval, or of one task, until it has ended. */
export function eventStreamRoute<Read, View>(options: StreamOptions<Read, View>): FastifyPluginAsyncTypebox {
  const { name, page, feed, onError } = options;
  const description = `events named ${name}, each with the ${name} as its data; ${page}`;
  return async (app) => {
    app.get(
      `/${name}s/:id/events`,
      {
        config: { role: 'viewer' },
        exposeHeadRoute: false,
        schema: {
          params: IdParams,
          headers: StreamHeaders,
          response: {
            200: { content: { 'text/event-stream': { schema: Type.String({ description }) } } },
            204: Type.Null({ description: 'the end was seen' }),
            default: Problem,
          },
        },
      },
      async (request, reply) => {
        const { params, headers, id } = request;
        const changes = feed.follow(params.id, headers['last-event-id'], goneSignal(reply));
        try {
          // Before the first there may be a refusal, which is a problem document.
          const first = await changes.next();
          if (first.done) return reply.code(204).send(null);
          reply.hijack();
          await writeEvents(reply.raw, toServerEvents(name, first.value, changes, request)).catch((error: unknown) =>
            onError(error, id),
          );
          return reply;
        } finally {
          // However it ends: a reader may be dropped before the rest was begun.
          await changes.return();
        }
      },
    );
  };
}

async function* toServerEvents<View>(
  name: string,
  first: Change<View> | undefined,
  rest: AsyncIterable<Change<View> | undefined>,
  reader: Pick<FastifyRequest, 'isStillAdmitted'>,
): AsyncGenerator<ServerEvent | undefined, void> {
  if (first) yield toServerEvent(name, first);
  for await (const change of rest) {
    // Its token was revoked or has expired meanwhile: it may ask again, and is told so.
    if (!(await reader.isStillAdmitted())) return;
    yield change && toServerEvent(name, change);
  }
}

function toServerEvent<View>(event: string, { id, view }: Change<View>): ServerEvent {
  return { id, event, data: view };
}
