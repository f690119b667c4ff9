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
  /** Refuses a name that there is: to store it would change that secret. */
  readonly isNew?: boolean;
}

/** A new secret must not have this name. */
export class SecretNameTaken extends Error {
  constructor(name: string) {
    super(`There is a secret "${name}" already. Choose another name, or use that one.`);
  }
}

const secretsQuery = {
  queryKey: ['secrets'],
  queryFn: ({ signal }: { signal: AbortSignal }) => dataOf(api.GET('/api/v1/secrets', { signal })),
} as const;

export function useSecrets() {
  return useQuery(secretsQuery);
}

export function usePutSecret() {
  return useMutation({
    mutationFn: async ({ name, readValue, scope, isNew = false }: SecretChange) => {
      if (isNew) {
        const { items } = await queryClient.fetchQuery({ ...secretsQuery, staleTime: 0 });
        if (items.some((secret) => secret.name.toLowerCase() === name.toLowerCase())) throw new SecretNameTaken(name);
      }
      const body = { ...(readValue && { value: readValue() }), ...(scope && { scope }) };
      return dataOf(api.PUT('/api/v1/secrets/{name}', { params: { path: { name } }, body }));
    },
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['secrets'] }),
  });
}
