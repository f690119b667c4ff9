import { useMutation, useQuery } from '@tanstack/react-query';
import { api, dataOf } from '../../api/client.ts';
import { queryClient } from '../../api/query-client.ts';
import type { Connector, ConnectorBody, TestTask } from './api-shapes.ts';

export function useConnectors() {
  return useQuery({
    queryKey: ['connectors'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/connectors', { signal })),
  });
}

export function useConnector(id: string) {
  return useQuery({
    queryKey: ['connectors', id],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/connectors/{id}', { params: { path: { id } }, signal })),
  });
}

/** Who could take a task of a connector now; nothing is submitted. */
export function useWhoCould(connector: string) {
  return useQuery({
    queryKey: ['delegates', 'who-could', connector],
    queryFn: ({ signal }) =>
      dataOf(api.POST('/api/v1/tasks/why', { body: { type: 'ticket.create', connector }, signal })),
  });
}

export function useDelegates() {
  return useQuery({
    queryKey: ['delegates'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/delegates', { signal })),
  });
}

interface ToStore {
  readonly body: ConnectorBody;
  readonly skipValidation: boolean;
  readonly signal: AbortSignal;
}

/** Creates a connector, or changes one that is still as it was when it was looked at. */
export function useStoreConnector(before: Pick<Connector, 'id' | 'updatedAt'> | undefined) {
  return useMutation({
    mutationFn: ({ body, skipValidation, signal }: ToStore) => {
      const query = { skipValidation };
      if (before === undefined) return dataOf(api.POST('/api/v1/connectors', { params: { query }, body, signal }));
      const { id, updatedAt } = before;
      const header = { 'if-match': `"${updatedAt}"` };
      return dataOf(api.PUT('/api/v1/connectors/{id}', { params: { path: { id }, query, header }, body, signal }));
    },
    onSuccess: renew,
  });
}

/** The findings are followed as they become known. */
const atOnce = { waitMs: 0 };

export function useTestDraft() {
  return useMutation({
    mutationFn: ({ body, signal }: Omit<ToStore, 'skipValidation'>) =>
      dataOf(api.POST('/api/v1/connectors/test', { params: { query: atOnce }, body, signal })),
  });
}

export function useCancelTest() {
  return useMutation({
    mutationFn: (id: string) => dataOf(api.DELETE('/api/v1/tasks/{id}', { params: { path: { id } } })),
  });
}

export function useTestConnector(id: string) {
  return useMutation({
    mutationFn: () => dataOf(api.POST('/api/v1/connectors/{id}/test', { params: { path: { id }, query: atOnce } })),
    onSuccess: renew,
  });
}

export function useDeleteConnector(id: string) {
  return useMutation({
    mutationFn: () => dataOf(api.DELETE('/api/v1/connectors/{id}', { params: { path: { id } } })),
    // Not its own page, which would only learn that it is gone.
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['connectors'], exact: true }),
  });
}

const followMs = 1_000;

/** A task as it is now, until it has ended. */
export function useFollowedTask(begun: TestTask | undefined): TestTask | undefined {
  const id = begun?.id ?? '';
  const { data } = useQuery({
    queryKey: ['tasks', id],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/tasks/{id}', { params: { path: { id } }, signal })),
    enabled: begun !== undefined && begun.outcome === undefined,
    refetchInterval: ({ state }) => (state.data?.outcome === undefined ? followMs : false),
  });
  return begun?.outcome === undefined ? (data ?? begun) : begun;
}

function renew(): Promise<void> {
  return queryClient.invalidateQueries({ queryKey: ['connectors'] });
}
