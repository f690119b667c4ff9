import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Audit, AuditAction } from '../core/audit.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the audit log calls it. Every route that may change something has it, or says that it changes nothing. */
    audit?: AuditAction | 'changes nothing' | 'recorded elsewhere';
  }
  interface FastifyRequest {
    auditId: string | undefined;
  }
}

const readOnly: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Records each request that changes something before it is carried out, and what it was answered. */
export function installAudit(app: FastifyInstance, audit: Audit, onError: (error: unknown, requestId: string) => void) {
  app.decorateRequest('auditId', undefined);
  app.addHook('onRoute', ({ method, url, config }) => {
    const changes = [method].flat().some((each) => !readOnly.has(each));
    if (changes && config?.audit === undefined)
      throw new Error(`route ${url} does not say what the audit log calls it`);
  });
  app.addHook('preHandler', async (request) => {
    const { audit: action } = request.routeOptions.config;
    if (action === undefined || action === 'changes nothing' || action === 'recorded elsewhere') return;
    request.auditId = await audit.begin({
      action,
      actor: request.caller?.name ?? '',
      from: request.ip,
      subject: subjectOf(request),
      details: { requestId: request.id },
    });
  });
  app.addHook('onResponse', async (request, reply) => {
    if (request.auditId === undefined) return;
    await audit.conclude(request.auditId, reply.statusCode).catch((error: unknown) => onError(error, request.id));
  });
}

/** What the path names, else what the body does. */
function subjectOf({ params, body }: FastifyRequest): string {
  for (const source of [params, body]) {
    if (typeof source !== 'object' || source === null) continue;
    for (const name of ['id', 'name', 'number', 'sysId'] as const) {
      const value: unknown = Reflect.get(source, name);
      if (typeof value === 'string') return value.slice(0, 256);
    }
  }
  return '';
}
