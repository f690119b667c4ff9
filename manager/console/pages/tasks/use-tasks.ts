import { keepPreviousData, useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { api, dataOf } from '../../api/client.ts';
import { queryClient } from '../../api/query-client.ts';
import type { paths } from '../../api/schema.d.ts';
import { mergePages } from './merge-pages.ts';

export type Task = paths['/api/v1/tasks/{id}']['get']['responses'][200]['content']['application/json'];
export type Attempt = Task['attempts'][number];
export type TaskFilter = Omit<NonNullable<paths['/api/v1/tasks']['get']['parameters']['query']>, 'cursor' | 'limit'>;

const pageSize = 200;
const pageEveryMs = 15_000;

function readPage(filter: TaskFilter, cursor: string | undefined, signal: AbortSignal) {
  const query = { ...filter, limit: pageSize, ...(cursor === undefined ? {} : { cursor }) };
  return dataOf(api.GET('/api/v1/tasks', { params: { query }, signal }));
}

const nothing = { items: [] };

/**
 * Tasks, newest first. Events renew the newest alone: to read fifty pages again for each of them would be a load for
 * nothing. Those are read again now and then, the more seldom the more there are.
 */
export function useTasks(filter: TaskFilter) {
  const newest = useQuery({
    queryKey: ['tasks', 'newest', filter],
    queryFn: ({ signal }) => readPage(filter, undefined, signal),
    placeholderData: keepPreviousData,
  });
  const loaded = useInfiniteQuery({
    queryKey: ['loaded-tasks', filter],
    queryFn: ({ pageParam, signal }) => readPage(filter, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.cursor,
    refetchInterval: ({ state }) => pageEveryMs * (state.data?.pages.length ?? 1),
  });
  const { items, hasGap } = mergePages(newest.data ?? nothing, loaded.data?.pages ?? []);
  useEffect(() => {
    if (hasGap) void queryClient.resetQueries({ queryKey: ['loaded-tasks'] });
  }, [hasGap]);
  return {
    newest,
    items,
    hasMore: newest.data?.cursor !== undefined && (loaded.data === undefined || loaded.hasNextPage),
    isLoadingMore: loaded.isFetchingNextPage || loaded.isLoading,
    /** Why no more could be loaded. */
    loadError: loaded.error,
    loadMore: loaded.data ? loaded.fetchNextPage : loaded.refetch,
  };
}

export function useTask(id: string) {
  return useQuery({
    queryKey: ['tasks', id],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/tasks/{id}', { params: { path: { id } }, signal })),
  });
}

export function useWhy(id: string) {
  return useQuery({
    queryKey: ['tasks', id, 'why'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/tasks/{id}/why', { params: { path: { id } }, signal })),
  });
}

export function useCancelTask(id: string) {
  return useMutation({
    mutationFn: () => dataOf(api.DELETE('/api/v1/tasks/{id}', { params: { path: { id } } })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['tasks'] }),
  });
}
