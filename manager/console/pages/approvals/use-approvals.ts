import { keepPreviousData, useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { api, dataOf } from '../../api/client.ts';
import { queryClient } from '../../api/query-client.ts';
import type { paths } from '../../api/schema.d.ts';
import type { ApprovalsSearch } from './search.ts';

export type Approval = paths['/api/v1/approvals/{id}']['get']['responses'][200]['content']['application/json'];
export type Evidence = NonNullable<Approval['evidence']>;
export type Failure = NonNullable<Approval['failure']>;
export type ApprovalBody = NonNullable<
  paths['/api/v1/approvals']['post']['requestBody']
>['content']['application/json'];
export type Delivery =
  paths['/api/v1/approvals/{id}/deliveries']['get']['responses'][200]['content']['application/json']['items'][number];

const pageSize = 50;
const endedStates: Exclude<Approval['state'], 'waiting'>[] = ['approved', 'rejected', 'expired', 'cancelled', 'failed'];
/** Nobody tells of the next try of a delivery; while one is due soon it is looked for. */
const deliveryPollMs = 3_000;

/** Approvals, newest first, a page at a time. */
export function useApprovals({ show, number }: ApprovalsSearch) {
  const filter = { state: show === 'ended' ? endedStates : ['waiting' as const], ...(number && { number }) };
  return useInfiniteQuery({
    queryKey: ['approvals', 'list', filter],
    queryFn: ({ pageParam, signal }) => {
      const query = { ...filter, limit: pageSize, ...(pageParam === undefined ? {} : { cursor: pageParam }) };
      return dataOf(api.GET('/api/v1/approvals', { params: { query }, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.cursor,
    placeholderData: keepPreviousData,
  });
}

export function useApproval(id: string) {
  return useQuery({
    queryKey: ['approvals', id],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/approvals/{id}', { params: { path: { id } }, signal })),
  });
}

export function useDeliveries(id: string) {
  return useQuery({
    queryKey: ['approvals', id, 'deliveries'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/approvals/{id}/deliveries', { params: { path: { id } }, signal })),
    refetchInterval: deliveryPollMs,
  });
}

export function useRetryDelivery(id: string) {
  return useMutation({
    mutationFn: (kind: Delivery['kind']) =>
      dataOf(api.POST('/api/v1/approvals/{id}/deliveries/{kind}/retry', { params: { path: { id, kind } } })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['approvals', id] }),
  });
}

export function useCancelApproval(id: string) {
  return useMutation({
    mutationFn: () => dataOf(api.DELETE('/api/v1/approvals/{id}', { params: { path: { id } } })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['approvals'] }),
  });
}

/** `key`: names this one attempt to start it, so that sending it twice starts one. */
export function useStartApproval() {
  return useMutation({
    mutationFn: ({ body, key }: { body: ApprovalBody; key: string }) =>
      dataOf(api.POST('/api/v1/approvals', { body, params: { header: { 'idempotency-key': key } } })),
    onSuccess: (approval) => {
      queryClient.setQueryData(['approvals', approval.id], approval);
      return queryClient.invalidateQueries({ queryKey: ['approvals', 'list'] });
    },
  });
}

export function useConnectors() {
  return useQuery({
    queryKey: ['connectors'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/connectors', { signal })),
  });
}
