import { useMutation } from '@tanstack/react-query';
import { api, dataOf } from '../../api/client.ts';
import { queryClient } from '../../api/query-client.ts';
import type { paths } from '../../api/schema.d.ts';
import type { Delegate } from './use-delegates.ts';

type KitRoute = paths['/api/v1/install-kits/{kind}']['post'];
export type KitKind = KitRoute['parameters']['path']['kind'];
export type Kit = KitRoute['responses'][200]['content']['application/json'];
type KitBody = KitRoute['requestBody']['content']['application/json'];
type TokenBody = paths['/api/v1/delegate-tokens']['post']['requestBody']['content']['application/json'];

/** A kit, and whose first heartbeat is waited for. */
export interface Made {
  readonly kit: Kit;
  readonly name: string;
  /** The sessions of that name that there were before: none of them is the one that is waited for. */
  readonly before: readonly Delegate[];
}

/** Texts of tokens are not kept any longer than they are shown. */
const gcTime = 0;

export function useMakeToken() {
  return useMutation({
    gcTime,
    mutationFn: (body: TokenBody) => dataOf(api.POST('/api/v1/delegate-tokens', { body })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['tokens'] }),
  });
}

export function useMakeKit() {
  return useMutation({
    gcTime,
    mutationFn: async ({ kind, body }: { kind: KitKind; body: KitBody }): Promise<Made> => {
      const { items } = await dataOf(api.GET('/api/v1/delegates'));
      const kit = await dataOf(api.POST('/api/v1/install-kits/{kind}', { params: { path: { kind } }, body }));
      return { kit, name: body.name, before: items.filter(({ name }) => name === body.name) };
    },
  });
}
