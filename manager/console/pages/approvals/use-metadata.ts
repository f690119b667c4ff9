import { useQuery } from '@tanstack/react-query';
import { api, dataOf } from '../../api/client.ts';
import type { paths } from '../../api/schema.d.ts';

export type Field =
  paths['/api/v1/connectors/{id}/metadata/tables/{table}/fields']['get']['responses'][200]['content']['application/json']['items'][number];

/** The manager remembers for five minutes, and each reading is a task: nothing is asked for again by itself. */
const once = { refetchInterval: false, staleTime: 300_000 } as const;

const tableName = /^[a-z][a-z0-9_]{0,79}$/;

/** The tables of the connector's instance that have tickets. */
export function useTables(connector: string) {
  return useQuery({
    ...once,
    queryKey: ['metadata', connector, 'tables'],
    enabled: connector !== '',
    queryFn: ({ signal }) =>
      dataOf(api.GET('/api/v1/connectors/{id}/metadata/tables', { params: { path: { id: connector } }, signal })),
  });
}

/** The fields of a table, with their choices. */
export function useFields(connector: string, table: string) {
  return useQuery({
    ...once,
    queryKey: ['metadata', connector, table],
    enabled: connector !== '' && tableName.test(table),
    queryFn: ({ signal }) =>
      dataOf(
        api.GET('/api/v1/connectors/{id}/metadata/tables/{table}/fields', {
          params: { path: { id: connector, table } },
          signal,
        }),
      ),
  });
}

const timeTypes: ReadonlySet<string> = new Set(['glide_date_time', 'due_date', 'datetime', 'calendar_date_time']);

export function isDateTime({ type }: Field): boolean {
  return timeTypes.has(type);
}
