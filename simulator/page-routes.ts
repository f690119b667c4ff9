import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { approvalsOf } from './approvals.ts';
import { createRenderer, type Renderer } from './display.ts';
import { notFoundPage } from './fault-pages.ts';
import { layout } from './page-layout.ts';
import { overview, type RecordOnPage, recordView } from './page-views.ts';
import type { StoredRecord } from './record-store.ts';
import { parametersOf, type Simulation } from './simulation.ts';
import { findUser, type User } from './users.ts';

interface RecordRoute {
  Params: { table: string; sysId: string };
}

const listedTables = [
  { table: 'change_request', heading: 'Change requests', whenEmpty: 'No change was created yet.' },
  { table: 'incident', heading: 'Incidents', whenEmpty: 'No incident was created yet.' },
  { table: 'u_release_gate', heading: 'Release gates', whenEmpty: 'No release gate was created yet.' },
];

const longestList = 200;

/**
 * Adds the pages for a person. They are served under /simulator/, where no fault reaches them, and at the addresses
 * that links to tickets have, where faults do.
 */
export function addPageRoutes(app: FastifyInstance, { world, faults, log }: Simulation): void {
  const frame = (title: string) => ({ root: world.basePath, title, faultMode: faults.current.mode });

  const showOverview = async (_request: FastifyRequest, reply: FastifyReply) => {
    const user = viewer();
    const lists = listedTables.map(({ table, heading, whenEmpty }) => {
      const renderer = rendererFor(user, table);
      const records = world.store.records(table).toReversed().slice(0, longestList);
      return { heading, whenEmpty, records: records.map((record) => onPage(record, renderer)) };
    });
    const content = overview({
      root: world.basePath,
      lists,
      fault: faults.current,
      requestsSeen: log.summary().total,
    });
    return sendPage(reply, layout(frame('Instance'), content));
  };
  app.get('/', showOverview);
  app.get('/simulator', async (_request, reply) => reply.redirect(`${world.basePath}/simulator/`, 302));
  app.get('/simulator/', showOverview);

  app.get<RecordRoute>('/simulator/record/:table/:sysId', async (request, reply) =>
    showRecord(reply, request.params.table, request.params.sysId),
  );

  app.get('/nav_to.do', async (request, reply) => {
    const uri = parametersOf(request).get('uri') ?? '';
    const target = /^\/?([a-z0-9_]+)\.do\?sys_id=([0-9a-f]{32})/.exec(uri);
    return showRecord(reply, target?.[1] ?? '', target?.[2] ?? '');
  });

  app.get<{ Params: { table: string } }>('/:table([a-z0-9_]+).do', async (request, reply) =>
    showRecord(reply, request.params.table, parametersOf(request).get('sys_id') ?? ''),
  );

  function showRecord(reply: FastifyReply, table: string, sysId: string): FastifyReply {
    const record = world.schema.find(table) && world.store.get(table, sysId);
    if (!record) return sendPage(reply.code(404), notFoundPage);
    const renderer = rendererFor(viewer(), record.table);
    const fields = [...world.schema.columns(record.table).values()]
      .map(({ name, label }) => ({ label, shown: renderer.display(record, name) ?? '' }))
      .filter(({ shown }) => shown !== '');
    const title = record.row.number || record.row.name || table;
    const content = recordView(world.basePath, fields, onPage(record, renderer));
    return sendPage(reply, layout(frame(title), content));
  }

  function onPage(record: StoredRecord, renderer: Renderer): RecordOnPage {
    const { sys_id: sysId = '', number = '', short_description: shortDescription = '' } = record.row;
    const asked = approvalsOf(world, sysId, 'requested').map(
      ({ approver = '' }) => world.store.get('sys_user', approver)?.row.name ?? approver,
    );
    return {
      table: record.table,
      sysId,
      number,
      shortDescription,
      state: renderer.display(record, 'state') ?? '',
      approval: renderer.display(record, 'approval') ?? '',
      askedApprovers: record.table === 'change_request' ? asked : [],
    };
  }

  function rendererFor(user: User, table: string): Renderer {
    return createRenderer(world, user, table, { mode: 'true', excludeLinks: true, linkBase: '', fields: undefined });
  }

  /** The page shows what an administrator sees: it belongs to whoever runs the simulator. */
  function viewer(): User {
    const user = findUser(world, 'admin') ?? findUser(world, 'integration');
    if (!user) throw new Error('the users that the page is shown for were deleted');
    return user;
  }
}

function sendPage(reply: FastifyReply, page: string): FastifyReply {
  return reply.type('text/html;charset=UTF-8').send(page);
}
