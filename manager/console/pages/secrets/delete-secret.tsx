import { Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { api, dataOf } from '../../api/client.ts';
import { queryClient } from '../../api/query-client.ts';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import type { Secret } from '../../parts/use-secrets.ts';

export function DeleteSecret({ secret, onClose }: { secret: Secret | undefined; onClose: () => void }) {
  const name = secret?.name ?? '';
  const remove = useMutation({
    mutationFn: () => dataOf(api.DELETE('/api/v1/secrets/{name}', { params: { path: { name } } })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['secrets'] }),
  });
  return (
    <ConfirmDialog
      title={`Delete ${name}?`}
      label="Delete"
      opened={secret !== undefined}
      onClose={onClose}
      act={remove}
    >
      <Text size="sm">Its value is gone with it. What still uses it keeps it from being deleted.</Text>
    </ConfirmDialog>
  );
}
