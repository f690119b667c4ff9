import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import {
  Refusal,
  type RefusalCode,
  type RefusalKind,
  redisRefusesWrites,
  redisUnavailable,
  refusalKinds,
} from '../core/refusal.ts';
import type { StoreHealth } from '../core/store-health.ts';

/** An RFC 9457 problem document: what every error of the API is. */
export const Problem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  code: Type.String({ description: 'stable; docs/errors.md lists them' }),
  detail: Type.String(),
  remedy: Type.String(),
  faults: Type.Optional(Type.Array(Type.Object({ path: Type.String(), message: Type.String() }))),
});

const statuses: Readonly<Record<RefusalKind, { status: number; title: string }>> = {
  invalid: { status: 400, title: 'Invalid request' },
  unauthenticated: { status: 401, title: 'Not authenticated' },
  forbidden: { status: 403, title: 'Not allowed' },
  'not-found': { status: 404, title: 'Not found' },
  conflict: { status: 409, title: 'Conflict' },
  failed: { status: 422, title: 'Failed' },
  unavailable: { status: 503, title: 'Unavailable' },
};

/** Turns everything that can go wrong with a request into a problem document. */
export function installProblems(
  app: FastifyInstance,
  onError: (error: unknown, requestId: string) => void,
  health: StoreHealth,
): void {
  app.setErrorHandler((error: FastifyError | Refusal, request, reply) => {
    if (error instanceof Refusal) return sendProblem(reply, error);
    const refusal = readFrameworkError(error);
    if (refusal) return sendProblem(reply, refusal, error.statusCode);
    onError(error, request.id);
    // Whatever broke off when Redis went away may have been done or not.
    if (health.state() !== 'up') return sendProblem(reply, redisUnavailable());
    const refused = health.refusedWrite(error);
    if (refused) return sendProblem(reply, redisRefusesWrites(refused));
    return reply
      .code(500)
      .type('application/problem+json')
      .send({
        type: 'urn:ticketgate:error:internal',
        title: 'Internal fault',
        status: 500,
        code: 'internal',
        detail: 'the manager could not do this, for a reason of its own',
        remedy: `Look at the manager's log for request ${request.id}.`,
      });
  });
  app.setNotFoundHandler((request: FastifyRequest, reply) =>
    sendProblem(
      reply,
      new Refusal(
        'route-unknown',
        `there is no ${request.method} ${request.url.split('?')[0]}`,
        'See /api/v1/openapi.json for what there is.',
      ),
    ),
  );
}

function sendProblem(reply: FastifyReply, refusal: Refusal, status?: number): FastifyReply {
  const known = statuses[refusalKinds[refusal.code]];
  const code: RefusalCode = refusal.code;
  if (code === 'token-missing') reply.header('www-authenticate', 'Bearer');
  return reply
    .code(status ?? known.status)
    .type('application/problem+json')
    .send({
      type: `urn:ticketgate:error:${code}`,
      title: known.title,
      status: status ?? known.status,
      code,
      detail: refusal.message,
      remedy: refusal.remedy,
      ...(refusal.faults.length > 0 ? { faults: refusal.faults } : {}),
      ...refusal.extra,
    });
}

/** Malformed JSON, a wrong content type, a body that is too large: the caller's faults that Fastify finds. */
function readFrameworkError(error: FastifyError): Refusal | undefined {
  const { statusCode } = error;
  if (statusCode === undefined || statusCode < 400 || statusCode >= 500) return undefined;
  return new Refusal(
    'invalid-request',
    error.code === 'FST_ERR_CTP_BODY_TOO_LARGE' ? 'the body is larger than 1 MB' : error.message,
    'Send one JSON document with the header content-type: application/json.',
  );
}
