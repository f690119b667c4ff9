import { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type, { type Static } from 'typebox';
import { type Audit, type AuditFilter, auditActions, type RecordedEntry } from '../../core/audit.ts';
import { isoTime } from '../../core/task-record.ts';
import { Problem } from '../problems.ts';
import { defaultPageLimit, invalid, pageOf, viewPage } from '../requests.ts';

const EntryView = Type.Object({
  id: Type.String(),
  at: Type.String(),
  action: Type.Enum(auditActions),
  actor: Type.String({ description: 'the name of a token; "manager" for what a manager does by itself' }),
  from: Type.String({ description: 'the address that the request came from' }),
  subject: Type.String({ description: 'the name or the id of what it was about' }),
  status: Type.Optional(Type.Integer({ description: 'what the caller was answered; absent when that is not known' })),
  details: Type.Record(Type.String(), Type.String()),
});

const Filter = {
  action: Type.Optional(Type.Enum(auditActions)),
  actor: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
  subject: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
  from: Type.Optional(Type.String({ maxLength: 40, description: 'ISO 8601; entries from then on' })),
  to: Type.Optional(Type.String({ maxLength: 40, description: 'ISO 8601; entries before it' })),
};

const ListQuery = Type.Object({
  ...Filter,
  cursor: Type.Optional(
    Type.String({ pattern: '^\\d{1,16}-\\d{1,16}$', description: 'what the page before answered' }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
});

const ExportQuery = Type.Object(Filter);

/** Who changed what, and what used which secret. */
export function auditRoutes({ audit }: { audit: Audit }): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/audit',
      {
        config: { role: 'admin' },
        schema: { querystring: ListQuery, response: { 200: pageOf(EntryView), default: Problem } },
      },
      async ({ query }) => {
        const page = await audit.list(readFilter(query), query.cursor, query.limit ?? defaultPageLimit);
        return viewPage(page.entries.map(viewEntry), page.cursor);
      },
    );
    app.get(
      '/audit/export',
      {
        config: { role: 'admin' },
        exposeHeadRoute: false,
        schema: {
          querystring: ExportQuery,
          response: {
            200: {
              content: {
                'application/x-ndjson': {
                  schema: Type.Unsafe<Readable>(Type.String({ description: 'an entry a line, newest first' })),
                },
              },
            },
            default: Problem,
          },
        },
      },
      async ({ query }, reply) => {
        const lines = writeLines(audit.export(readFilter(query)));
        return reply
          .type('application/x-ndjson')
          .header('content-disposition', 'attachment; filename="ticketgate-audit.ndjson"')
          .send(Readable.from(lines));
      },
    );
  };
}

async function* writeLines(entries: AsyncIterable<RecordedEntry>): AsyncGenerator<string, void> {
  for await (const entry of entries) yield `${JSON.stringify(viewEntry(entry))}\n`;
}

function viewEntry({ at, ...entry }: RecordedEntry): Static<typeof EntryView> {
  return { ...entry, at: isoTime(at) };
}

function readFilter({ action, actor, subject, from, to }: Static<typeof ExportQuery>): AuditFilter {
  return {
    ...(action === undefined ? {} : { action }),
    ...(actor === undefined ? {} : { actor }),
    ...(subject === undefined ? {} : { subject }),
    ...(from === undefined ? {} : { from: readTime(from, '/from') }),
    ...(to === undefined ? {} : { to: readTime(to, '/to') }),
  };
}

function readTime(text: string, path: string): number {
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw invalid(path, `must be a time such as 2026-03-01T10:00:00Z, got ${JSON.stringify(text)}`);
  return at;
}
