import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { ApprovalEvent, ApprovalFeed } from '../../core/approval-feed.ts';
import { type ServerEvent, writeEvents } from '../event-stream.ts';
import { Problem } from '../problems.ts';
import { goneSignal, IdParams } from '../requests.ts';

const StreamHeaders = Type.Object({
  'last-event-id': Type.Optional(Type.String({ description: 'the id of the last event that was seen' })),
});

const Stream = Type.String({
  description: 'events named approval, each with an approval as its data; docs/webhooks.md',
});

/** Server-sent events of one approval, until it has ended. */
export function approvalEventRoutes({
  feed,
  onError,
}: {
  feed: ApprovalFeed;
  onError: (error: unknown, requestId: string) => void;
}): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/approvals/:id/events',
      {
        config: { role: 'viewer' },
        exposeHeadRoute: false,
        schema: {
          params: IdParams,
          headers: StreamHeaders,
          response: {
            200: { content: { 'text/event-stream': { schema: Stream } } },
            204: Type.Null({ description: 'the end was seen' }),
            default: Problem,
          },
        },
      },
      async (request, reply) => {
        const { params, headers, id } = request;
        const events = feed.follow(params.id, headers['last-event-id'], goneSignal(reply));
        try {
          // Before the first there may be a refusal, which is a problem document.
          const first = await events.next();
          if (first.done) return reply.code(204).send(null);
          reply.hijack();
          await writeEvents(reply.raw, toServerEvents(first.value, events, request)).catch((error: unknown) =>
            onError(error, id),
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
  first: ApprovalEvent | undefined,
  rest: AsyncIterable<ApprovalEvent | undefined>,
  reader: Pick<FastifyRequest, 'isStillAdmitted'>,
): AsyncGenerator<ServerEvent | undefined, void> {
  if (first) yield toServerEvent(first);
  for await (const event of rest) {
    // Its token was revoked or has expired meanwhile: it may ask again, and is told so.
    if (!(await reader.isStillAdmitted())) return;
    yield event && toServerEvent(event);
  }
}

function toServerEvent({ id, approval }: ApprovalEvent): ServerEvent {
  return { id, event: 'approval', data: approval };
}
