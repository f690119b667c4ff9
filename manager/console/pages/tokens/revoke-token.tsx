import { Text } from '@mantine/core';
import { useSession } from '../../api/session.ts';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { type ShownToken, type TokenKind, useRevokeToken } from './use-tokens.ts';

interface RevokeTokenProps {
  readonly kind: TokenKind;
  readonly token: ShownToken | undefined;
  readonly onClose: () => void;
}

export function RevokeToken({ kind, token, onClose }: RevokeTokenProps) {
  const { name: own } = useSession();
  const revoke = useRevokeToken(kind, token?.id ?? '');
  const name = token?.name ?? '';
  return (
    <ConfirmDialog title={`Revoke ${name}?`} label="Revoke" opened={token !== undefined} onClose={onClose} act={revoke}>
      <Text size="sm">
        {kind === 'api-tokens'
          ? 'Whoever has it is refused from now on.'
          : 'Delegates that joined with it are cut off within seconds, and cannot join again until they have another.'}{' '}
        It cannot be taken back, and its name stays taken.
      </Text>
      {kind === 'api-tokens' && name === own && (
        <Text size="sm" fw={600}>
          You are signed in with this token: you will have to sign in with another.
        </Text>
      )}
    </ConfirmDialog>
  );
}
