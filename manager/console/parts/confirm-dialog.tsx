import { Button, Group, Stack } from '@mantine/core';
import type { UseMutationResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Dialog } from './dialog.tsx';
import { ProblemAlert } from './problem-alert.tsx';

interface ConfirmDialogProps {
  readonly title: string;
  /** What the button that does it says, such as Delete. */
  readonly label: string;
  /** What the button that leaves it undone says. */
  readonly leave?: string;
  /** What is said where it was refused. */
  readonly failed?: string;
  readonly isGrave?: boolean;
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly act: UseMutationResult<unknown, Error, void>;
  readonly onDone?: () => void;
  readonly children: ReactNode;
}

/** Asks before something that is not done by mistake. A refusal is shown in place; so is that nobody knows what came of it. */
export function ConfirmDialog({
  title,
  label,
  leave = 'Cancel',
  failed = 'This did not work',
  isGrave = true,
  opened,
  onClose,
  act,
  onDone,
  children,
}: ConfirmDialogProps) {
  const close = () => {
    act.reset();
    onClose();
  };
  const confirm = () =>
    act.mutate(undefined, {
      onSuccess: () => {
        close();
        onDone?.();
      },
    });
  return (
    <Dialog title={title} opened={opened} onClose={close}>
      <Stack>
        {children}
        {act.error && <ProblemAlert error={act.error} title={failed} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close} data-autofocus>
            {leave}
          </Button>
          <Button {...(isGrave ? { color: 'red.9' } : {})} onClick={confirm} loading={act.isPending}>
            {label}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
