import { Button, Group, Stack } from '@mantine/core';
import type { UseMutationResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Dialog } from './dialog.tsx';
import { ProblemAlert } from './problem-alert.tsx';

interface ConfirmDialogProps {
  readonly title: string;
  /** What the button that does it says, such as Delete. */
  readonly label: string;
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly act: UseMutationResult<unknown, Error, void>;
  readonly onDone?: () => void;
  readonly children: ReactNode;
}

/** Asks before something that cannot be undone. A refusal is shown in place, and nothing has happened. */
export function ConfirmDialog({ title, label, opened, onClose, act, onDone, children }: ConfirmDialogProps) {
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
        {act.error && <ProblemAlert error={act.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close} data-autofocus>
            Cancel
          </Button>
          <Button color="red.9" onClick={confirm} loading={act.isPending}>
            {label}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
