import { useQueries, useQuery } from '@tanstack/react-query';
import { api, dataOf } from '../../api/client.ts';
import type { Approval, Standing } from './standing.ts';

const firstPage = 200;
const recent = 5;
/** Each is asked for by itself. */
const mostDeliveries = 10;

/** Everything that Home looks at, from the first page of each list. */
export function useStanding() {
  const delegates = useQuery({
    queryKey: ['delegates'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/delegates', { signal })),
  });
  const connectors = useQuery({
    queryKey: ['connectors'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/connectors', { signal })),
  });
  const gates = useApprovalPage({ state: ['waiting'], limit: firstPage });
  const approvals = useApprovalPage({ limit: recent });
  const ended = useApprovalPage({ state: ['approved', 'rejected', 'expired', 'cancelled', 'failed'], limit: 50 });
  const queued = useTaskPage({ state: ['queued'], limit: firstPage });
  const tasks = useTaskPage({ limit: recent });
  const deliveries = useDeliveriesOf(ended.data?.items ?? []);
  const all = [delegates, connectors, gates, approvals, ended, queued, tasks];
  const standing: Standing = {
    delegates: delegates.data?.items ?? [],
    connectors: connectors.data?.items ?? [],
    gates: gates.data?.items ?? [],
    queued: queued.data?.items ?? [],
    deliveries,
  };
  return {
    standing,
    approvals: approvals.data?.items ?? [],
    tasks: tasks.data?.items ?? [],
    isKnown: all.every(({ data }) => data !== undefined),
    error: all.map(({ error }) => error).find((error) => error !== null),
  };
}

function useApprovalPage(query: { state?: Approval['state'][]; limit: number }) {
  return useQuery({
    queryKey: ['approvals', 'page', query],
    queryFn: ({ signal }) =>
      firstWithItems((cursor) =>
        dataOf(api.GET('/api/v1/approvals', { params: { query: { ...query, ...cursor } }, signal })),
      ),
  });
}

function useTaskPage(query: { state?: ['queued']; limit: number }) {
  return useQuery({
    queryKey: ['tasks', 'page', query],
    queryFn: ({ signal }) =>
      firstWithItems((cursor) =>
        dataOf(api.GET('/api/v1/tasks', { params: { query: { ...query, ...cursor } }, signal })),
      ),
  });
}

/** A search gives up after so many records that do not fit: an empty page with a cursor is not the end of the list. */
async function firstWithItems<Page extends { items: unknown[]; cursor?: string }>(
  read: (from: { cursor?: string }) => Promise<Page>,
): Promise<Page> {
  let page = await read({});
  while (page.items.length === 0 && page.cursor !== undefined) page = await read({ cursor: page.cursor });
  return page;
}

function useDeliveriesOf(ended: readonly Approval[]): Standing['deliveries'] {
  const told = ended.filter(({ webhook, workNotes }) => webhook !== undefined || workNotes).slice(0, mostDeliveries);
  return useQueries({
    queries: told.map(({ id }) => ({
      queryKey: ['approvals', id, 'deliveries'],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        dataOf(api.GET('/api/v1/approvals/{id}/deliveries', { params: { path: { id } }, signal })),
    })),
    combine: (answers) =>
      answers.flatMap(({ data }, index) => {
        const approval = told[index];
        return approval && data ? data.items.map((delivery) => ({ approval, delivery })) : [];
      }),
  });
}
