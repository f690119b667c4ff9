import swagger from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify, { type FastifyInstance } from 'fastify';
import type { ApprovalFeed } from '../core/approval-feed.ts';
import type { Approvals } from '../core/approvals.ts';
import type { Connectors } from '../core/connectors.ts';
import type { DelegateDirectory } from '../core/delegates.ts';
import type { Deliveries } from '../core/deliveries.ts';
import type { Explainer } from '../core/explainer.ts';
import type { Fleet } from '../core/fleet.ts';
import type { GateChecks } from '../core/gate-checks.ts';
import type { Metadata } from '../core/metadata.ts';
import { type Refusal, redisEmptied, redisUnavailable } from '../core/refusal.ts';
import type { Secrets } from '../core/secrets.ts';
import type { StoreHealth, StoreState } from '../core/store-health.ts';
import type { Tasks } from '../core/tasks.ts';
import type { Tokens } from '../core/tokens.ts';
import type { WebhookChecks } from '../core/webhook-checks.ts';
import { installAuth } from './auth.ts';
import { installProblems } from './problems.ts';
import { approvalEventRoutes } from './routes/approval-events.ts';
import { approvalRoutes } from './routes/approvals.ts';
import { connectorRoutes } from './routes/connectors.ts';
import { delegateRoutes } from './routes/delegates.ts';
import { deliveryRoutes } from './routes/deliveries.ts';
import { healthRoutes } from './routes/health.ts';
import { metadataRoutes } from './routes/metadata.ts';
import { secretRoutes } from './routes/secrets.ts';
import { taskRoutes } from './routes/tasks.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { compileValidator } from './validation.ts';

const maxBodyBytes = 1_048_576;

export interface HttpDeps {
  readonly secrets: Secrets;
  readonly connectors: Connectors;
  readonly metadata: Metadata;
  readonly delegateTokens: Tokens;
  readonly apiTokens: Tokens;
  readonly tasks: Tasks;
  readonly approvals: Approvals;
  readonly gateChecks: GateChecks;
  /** The shortest interval that an approval may ask for. */
  readonly shortestPollMs: number;
  readonly feed: ApprovalFeed;
  readonly deliveries: Deliveries;
  readonly webhookChecks: WebhookChecks;
  readonly directory: DelegateDirectory;
  readonly fleet: Fleet;
  readonly explainer: Explainer;
  /** Without Redis nothing can be done but say so. */
  readonly health: StoreHealth;
  readonly version: string;
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
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
  });
  refuseWithoutRedis(app, deps.health);
  installAuth(app, deps.apiTokens);
  await app.register(healthRoutes(deps.health));
  await app.register(
    async (api) => {
      await api.register(secretRoutes(deps.secrets));
      await api.register(connectorRoutes(deps.connectors));
      await api.register(metadataRoutes(deps.metadata));
      await api.register(tokenRoutes(deps));
      await api.register(delegateRoutes(deps));
      await api.register(taskRoutes(deps));
      await api.register(approvalRoutes(deps));
      await api.register(approvalEventRoutes(deps));
      await api.register(deliveryRoutes(deps));
      api.get('/openapi.json', { config: { role: 'public' }, schema: { hide: true } }, async () => app.swagger());
    },
    { prefix: '/api/v1' },
  );
  return app;
}

/** Commands wait while Redis is away: a caller is told at once instead. */
function refuseWithoutRedis(app: FastifyInstance, health: StoreHealth): void {
  app.addHook('onRequest', async (request) => {
    if (request.routeOptions.config.role === 'public' || request.is404) return;
    const refusal = refusalIn[health.state()]();
    if (refusal) throw refusal;
  });
}

const refusalIn: Readonly<Record<StoreState, () => Refusal | undefined>> = {
  up: () => undefined,
  away: redisUnavailable,
  emptied: redisEmptied,
};
