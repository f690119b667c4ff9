import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type, { type TSchema } from 'typebox';
import { FieldInfo, TableInfo, TemplateInfo } from '#protocol/metadata.ts';
import { TableName } from '#protocol/ticket.ts';
import type { Metadata, MetadataReading } from '../../core/metadata.ts';
import { isoTime } from '../../core/task-record.ts';
import { callerOf } from '../auth.ts';
import { Problem } from '../problems.ts';
import { IdParams } from '../requests.ts';

const RefreshQuery = Type.Object({
  refresh: Type.Optional(Type.Boolean({ description: 'read it anew, whatever is remembered' })),
});

const FieldParams = Type.Object({ ...IdParams.properties, table: TableName });

/** What can be created at a connector's instance; remembered for five minutes. */
export function metadataRoutes(metadata: Metadata): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/connectors/:id/metadata/tables',
      {
        config: { role: 'pipeline' },
        schema: {
          params: IdParams,
          querystring: RefreshQuery,
          response: { 200: readingOf(TableInfo), default: Problem },
        },
      },
      async (request) => {
        const { params, query } = request;
        const asked = { what: 'tables' } as const;
        const reading = await metadata.read(callerOf(request), params.id, asked, query.refresh ?? false);
        return view(reading, reading.result.tables);
      },
    );
    app.get(
      '/connectors/:id/metadata/tables/:table/fields',
      {
        config: { role: 'pipeline' },
        schema: {
          params: FieldParams,
          querystring: RefreshQuery,
          response: { 200: readingOf(FieldInfo), default: Problem },
        },
      },
      async (request) => {
        const { params, query } = request;
        const asked = { what: 'fields', table: params.table } as const;
        const reading = await metadata.read(callerOf(request), params.id, asked, query.refresh ?? false);
        return view(reading, reading.result.fields);
      },
    );
    app.get(
      '/connectors/:id/metadata/templates',
      {
        config: { role: 'pipeline' },
        schema: {
          params: IdParams,
          querystring: RefreshQuery,
          response: { 200: readingOf(TemplateInfo), default: Problem },
        },
      },
      async (request) => {
        const { params, query } = request;
        const asked = { what: 'templates' } as const;
        const reading = await metadata.read(callerOf(request), params.id, asked, query.refresh ?? false);
        return view(reading, reading.result.templates);
      },
    );
  };
}

function readingOf<Item extends TSchema>(item: Item) {
  return Type.Object({
    items: Type.Array(item),
    warnings: Type.Array(Type.String(), { description: 'what could not be read, and why' }),
    readAt: Type.String(),
    taskId: Type.String(),
  });
}

function view<Item>({ result, readAt, taskId }: MetadataReading, items: Item[] = []) {
  return { items, warnings: result.warnings, readAt: isoTime(readAt), taskId };
}
