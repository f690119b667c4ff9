import { useMutation, useQuery } from '@tanstack/react-query';
import { api, dataOf } from '../../api/client.ts';
import { queryClient } from '../../api/query-client.ts';
import type { paths } from '../../api/schema.d.ts';

export type Delegate = paths['/api/v1/delegates/{id}']['get']['responses'][200]['content']['application/json'];
export type HistoryItem =
  paths['/api/v1/delegates/{id}/history']['get']['responses'][200]['content']['application/json']['items'][number];
export type Order = 'drain' | 'approve' | 'reject';

export function useDelegates() {
  return useQuery({
    queryKey: ['delegates'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/delegates', { signal })),
  });
}

export function useDelegate(id: string) {
  return useQuery({
    queryKey: ['delegates', id],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/delegates/{id}', { params: { path: { id } }, signal })),
  });
}

export function useHistory(id: string) {
  return useQuery({
    queryKey: ['delegates', id, 'history'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/delegates/{id}/history', { params: { path: { id } }, signal })),
  });
}

/** The newest task that it was given. */
export function useLastTask(delegateId: string) {
  return useQuery({
    queryKey: ['tasks', 'last', delegateId],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/tasks', { params: { query: { delegateId, limit: 1 } }, signal })),
  });
}

export function useOrder(id: string, order: Order) {
  return useMutation({
    mutationFn: () => dataOf(api.POST(`/api/v1/delegates/{id}/${order}`, { params: { path: { id } } })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['delegates'] }),
  });
}
