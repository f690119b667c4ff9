import type { FastifyInstance } from 'fastify';
import { canReadField } from './access.ts';
import type { Column } from './schema.ts';
import { errors } from './service-now-error.ts';
import { type Simulation, userOf } from './simulation.ts';

/** Adds the undocumented paths that clients use to learn who they are and what a table looks like. */
export function addMetaRoutes(app: FastifyInstance, { world }: Simulation): void {
  app.get('/api/now/ui/user/current_user', async (request, reply) => {
    const { sysId, userName, name } = userOf(request);
    const initials = name
      .split(' ')
      .map((word) => word.charAt(0))
      .join('');
    return reply.header('content-type', 'application/json;charset=UTF-8').send({
      result: { user_sys_id: sysId, user_name: userName, user_display_name: name, user_initials: initials },
    });
  });

  app.get<{ Params: { table: string } }>('/api/now/ui/meta/:table', async (request, reply) => {
    const { table } = request.params;
    if (world.settings.uiMeta === 'absent') throw errors.noSuchResource();
    if (world.settings.uiMeta === 'forbidden') throw errors.apiNotAuthorized();
    if (!world.schema.find(table)) throw errors.invalidTable(table);
    const user = userOf(request);
    const columns = [...world.schema.columns(table)]
      .filter(([name]) => canReadField(world, user, table, name))
      .map(([name, column]) => [name, describeColumn(column)] as const);
    return reply
      .header('content-type', 'application/json;charset=UTF-8')
      .send({ result: { columns: Object.fromEntries(columns) } });
  });
}

function describeColumn(column: Column): Readonly<Record<string, unknown>> {
  return {
    name: column.name,
    label: column.label,
    type: column.type,
    mandatory: column.mandatory ?? false,
    read_only: column.readOnly ?? false,
    max_length: column.maxLength ?? 40,
    ...(column.reference === undefined ? {} : { reference: column.reference }),
    ...(column.choices === undefined ? {} : { choices: column.choices }),
  };
}
