import { Button, Group, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMay } from '../../api/session.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { ticketName } from './approval-words.ts';
import { type Approval, useCancelApproval } from './use-approvals.ts';

export function CancelApproval({ approval }: { approval: Approval }) {
  const [opened, { open, close }] = useDisclosure(false);
  const cancel = useCancelApproval(approval.id);
  if (!useMay('pipeline')) return null;
  return (
    <>
      <Button variant="default" onClick={open}>
        Cancel the approval
      </Button>
      <Dialog opened={opened} onClose={close} title={`Cancel the approval of ${ticketName(approval.ticket)}?`}>
        <Stack>
          <Text>
            It ends as cancelled, and what it holds up does not go on. The ticket stays as it is. This cannot be undone.
          </Text>
          {cancel.error && <ProblemAlert error={cancel.error} title="Not cancelled" />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close} data-autofocus>
              Let it wait
            </Button>
            <Button
              color="red.9"
              loading={cancel.isPending}
              onClick={() => cancel.mutate(undefined, { onSuccess: close })}
            >
              Cancel the approval
            </Button>
          </Group>
        </Stack>
      </Dialog>
    </>
  );
}
