import cookie from '@fastify/cookie';
import swagger from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify, { type FastifyInstance } from 'fastify';
import type { ApprovalView } from '#protocol/approval.ts';
import type { TaskView } from '#protocol/task.ts';
import type { Approvals } from '../core/approvals.ts';
import type { Audit } from '../core/audit.ts';
import type { ChangeFeed } from '../core/change-feed.ts';
import type { Connectors } from '../core/connectors.ts';
import type { DelegateApprovals } from '../core/delegate-approvals.ts';
import type { HistoryItem } from '../core/delegate-history.ts';
import type { DelegateDirectory } from '../core/delegates.ts';
import type { Deliveries } from '../core/deliveries.ts';
import type { Drains } from '../core/drains.ts';
import type { Explainer } from '../core/explainer.ts';
import type { Fleet } from '../core/fleet.ts';
import type { Following } from '../core/following.ts';
import type { GateChecks } from '../core/gate-checks.ts';
import type { Metadata } from '../core/metadata.ts';
import { type Refusal, redisEmptied, redisUnavailable } from '../core/refusal.ts';
import type { Secrets } from '../core/secrets.ts';
import type { StoreHealth, StoreState } from '../core/store-health.ts';
import type { SystemStanding } from '../core/system.ts';
import type { TaskRecord } from '../core/task-record.ts';
import type { Tasks } from '../core/tasks.ts';
import type { Tokens } from '../core/tokens.ts';
import type { WebhookChecks } from '../core/webhook-checks.ts';
import { installAudit } from './audit.ts';
import { installAuth } from './auth.ts';
import { serveConsole } from './console.ts';
import { installProblems } from './problems.ts';
import { approvalRoutes } from './routes/approvals.ts';
import { auditRoutes } from './routes/audit.ts';
import { connectorRoutes } from './routes/connectors.ts';
import { delegateRoutes } from './routes/delegates.ts';
import { deliveryRoutes } from './routes/deliveries.ts';
import { eventStreamRoute } from './routes/event-streams.ts';
import { eventRoutes } from './routes/events.ts';
import { healthRoutes } from './routes/health.ts';
import { installKitRoutes } from './routes/install-kits.ts';
import { metadataRoutes } from './routes/metadata.ts';
import { secretRoutes } from './routes/secrets.ts';
import { sessionRoutes } from './routes/session.ts';
import { systemRoutes } from './routes/system.ts';
import { taskRoutes } from './routes/tasks.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { sessionCookie } from './session-cookie.ts';
import { compileValidator } from './validation.ts';

const maxBodyBytes = 1_048_576;

export interface HttpDeps {
  readonly secrets: Secrets;
  readonly audit: Audit;
  readonly connectors: Connectors;
  readonly metadata: Metadata;
  readonly delegateTokens: Tokens;
  readonly apiTokens: Tokens;
  readonly tasks: Tasks;
  readonly approvals: Approvals;
  readonly gateChecks: GateChecks;
  /** The shortest interval that an approval may ask for. */
  readonly shortestPollMs: number;
  readonly changes: ChangeFeed;
  readonly approvalFeed: Following<ApprovalView, ApprovalView>;
  readonly taskFeed: Following<TaskRecord, TaskView>;
  readonly deliveries: Deliveries;
  readonly webhookChecks: WebhookChecks;
  readonly directory: DelegateDirectory;
  readonly fleet: Fleet;
  readonly drains: Drains;
  readonly delegateApprovals: DelegateApprovals;
  readonly historyOf: (delegateId: string) => Promise<HistoryItem[]>;
  readonly explainer: Explainer;
  readonly system: SystemStanding;
  /** Without Redis nothing can be done but say so. */
  readonly health: StoreHealth;
  readonly version: string;
  /** Where the built console lies. */
  readonly consoleDirectory: string;
  readonly onError: (error: unknown, requestId: string) => void;
}

/** Builds the HTTP API, not yet listening. */
export async function buildHttpServer(deps: HttpDeps): Promise<FastifyInstance> {
  const app = fastify({ bodyLimit: maxBodyBytes, forceCloseConnections: true }).withTypeProvider<TypeBoxTypeProvider>();
  app.setValidatorCompiler(compileValidator);
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  installProblems(app, deps.onError, deps.health);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Ticketgate', version: deps.version },
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer' },
          session: { type: 'apiKey', in: 'cookie', name: sessionCookie },
        },
      },
      security: [{ token: [] }, { session: [] }],
    },
  });
  // Cookies are read where there is no bearer, and not of every request.
  await app.register(cookie, { hook: false });
  refuseWithoutRedis(app, deps.health);
  installAuth(app, deps.apiTokens);
  installAudit(app, deps.audit, deps.onError);
  await app.register(healthRoutes(deps.health));
  await app.register(
    async (api) => {
      await api.register(sessionRoutes(deps));
      await api.register(secretRoutes(deps.secrets));
      await api.register(auditRoutes(deps));
      await api.register(connectorRoutes(deps.connectors));
      await api.register(metadataRoutes(deps.metadata));
      await api.register(tokenRoutes(deps));
      await api.register(delegateRoutes(deps));
      await api.register(installKitRoutes(deps));
      await api.register(taskRoutes(deps));
      await api.register(approvalRoutes(deps));
      const { approvalFeed, taskFeed, onError } = deps;
      await api.register(eventStreamRoute({ name: 'approval', page: 'docs/webhooks.md', feed: approvalFeed, onError }));
      await api.register(eventStreamRoute({ name: 'task', page: 'docs/http-api.md', feed: taskFeed, onError }));
      await api.register(deliveryRoutes(deps));
      await api.register(eventRoutes(deps));
      await api.register(systemRoutes(deps));
      api.get('/openapi.json', { config: { role: 'public' }, schema: { hide: true } }, async () => app.swagger());
    },
    { prefix: '/api/v1' },
  );
  await serveConsole(app, deps.consoleDirectory);
  return app;
}

/** Commands wait while Redis is away: a caller is told at once instead. */
function refuseWithoutRedis(app: FastifyInstance, health: StoreHealth): void {
  app.addHook('onRequest', async (request) => {
    const { role, needsRedis } = request.routeOptions.config;
    if ((role === 'public' && !needsRedis) || request.is404) return;
    const refusal = refusalIn[health.state()]();
    if (refusal) throw refusal;
  });
}

const refusalIn: Readonly<Record<StoreState, () => Refusal | undefined>> = {
  up: () => undefined,
  away: redisUnavailable,
  emptied: redisEmptied,
};
