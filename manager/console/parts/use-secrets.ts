import { useMutation, useQuery } from '@tanstack/react-query';
import { api, dataOf } from '../api/client.ts';
import { queryClient } from '../api/query-client.ts';
import type { paths } from '../api/schema.d.ts';
import type { UsageScope } from './usage-scope.ts';

export type Secret = paths['/api/v1/secrets/{name}']['get']['responses'][200]['content']['application/json'];

interface SecretChange {
  readonly name: string;
  /** Reads the value where it was typed, once: a value among the variables of a mutation would outlive its field. */
  readonly readValue?: () => string;
  readonly scope?: UsageScope | undefined;
  /** A new one has a name that there is not, and one that is changed must be there still. */
  readonly isNew?: boolean;
}

export function useSecrets() {
  return useQuery({
    queryKey: ['secrets'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/secrets', { signal })),
  });
}

export function usePutSecret() {
  return useMutation({
    mutationFn: async ({ name, readValue, scope, isNew = false }: SecretChange) => {
      const body = { ...(readValue && { value: readValue() }), ...(scope && { scope }) };
      const header = isNew ? ({ 'if-none-match': '*' } as const) : ({ 'if-match': '*' } as const);
      return dataOf(api.PUT('/api/v1/secrets/{name}', { params: { path: { name }, header }, body }));
    },
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['secrets'] }),
  });
}
