import { useMutation, useQuery } from '@tanstack/react-query';
import { api, dataOf } from '../../api/client.ts';
import { queryClient } from '../../api/query-client.ts';
import type { paths } from '../../api/schema.d.ts';

/** API tokens open this API and the console; delegate tokens let a delegate join. */
export type TokenKind = 'api-tokens' | 'delegate-tokens';
export type ShownToken = paths['/api/v1/api-tokens/{id}']['delete']['responses'][200]['content']['application/json'];
export type NewToken = paths['/api/v1/api-tokens']['post']['requestBody']['content']['application/json'];

export const roles = ['viewer', 'pipeline', 'operator', 'admin'] as const satisfies readonly NewToken['role'][];

export function useTokens(kind: TokenKind) {
  return useQuery({
    queryKey: ['tokens', kind],
    queryFn: ({ signal }) => dataOf(api.GET(`/api/v1/${kind}`, { signal })),
  });
}

export function useCreateToken(kind: TokenKind) {
  return useMutation({
    mutationFn: ({ role, scope, requiresApproval, ...common }: NewToken & { requiresApproval?: boolean }) =>
      kind === 'api-tokens'
        ? dataOf(api.POST('/api/v1/api-tokens', { body: { ...common, role, ...(scope && { scope }) } }))
        : dataOf(
            api.POST('/api/v1/delegate-tokens', { body: { ...common, ...(requiresApproval && { requiresApproval }) } }),
          ),
    // The text of the token goes with the dialog that shows it.
    gcTime: 0,
    onSuccess: renew,
  });
}

export function useRevokeToken(kind: TokenKind, id: string) {
  return useMutation({
    mutationFn: () => dataOf(api.DELETE(`/api/v1/${kind}/{id}`, { params: { path: { id } } })),
    onSuccess: renew,
  });
}

function renew(): Promise<void> {
  return queryClient.invalidateQueries({ queryKey: ['tokens'] });
}
