import { Button, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMay } from '../../api/session.ts';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { type Delegate, type Order, useOrder } from './use-delegates.ts';

interface Words {
  readonly button: string;
  readonly question: string;
  readonly consequence: string;
  readonly failed: string;
  readonly isGrave: boolean;
}

const words: Readonly<Record<Order, Words>> = {
  drain: {
    button: 'Drain',
    question: 'Drain this delegate?',
    consequence:
      'It takes nothing new, finishes what it has, and ends. What supervises it may start it again: then it is back.',
    failed: 'Not drained',
    isGrave: false,
  },
  approve: {
    button: 'Approve',
    question: 'Approve this delegate?',
    consequence: 'It gets work, and with it the secrets that the work needs. This holds for its later sessions, too.',
    failed: 'Not approved',
    isGrave: false,
  },
  reject: {
    button: 'Reject',
    question: 'Reject this delegate?',
    consequence:
      'Its session ends, and it is refused until it is approved. What it has in hand may be given to another delegate.',
    failed: 'Not rejected',
    isGrave: true,
  },
};

/** What may be done with a delegate by the one who is signed in. */
export function DelegateActions({ delegate }: { delegate: Delegate }) {
  const { state, approval } = delegate;
  const isAdmin = useMay('admin');
  const isOperator = useMay('operator');
  const orders: Order[] = [];
  if (isAdmin && approval !== undefined && approval !== 'approved') orders.push('approve');
  if (isAdmin && approval !== undefined && approval !== 'rejected') orders.push('reject');
  if (isOperator && state !== 'offline' && state !== 'draining') orders.push('drain');
  return orders.map((order) => <Action key={order} order={order} delegate={delegate} />);
}

function Action({ order, delegate: { id, name } }: { order: Order; delegate: Delegate }) {
  const [opened, { open, close }] = useDisclosure(false);
  const give = useOrder(id, order);
  const { button, question, consequence, failed, isGrave } = words[order];
  return (
    <>
      <Button variant="default" onClick={open}>
        {button}
      </Button>
      <ConfirmDialog
        title={question}
        label={button}
        leave="Leave it"
        failed={failed}
        isGrave={isGrave}
        opened={opened}
        onClose={close}
        act={give}
      >
        <Text>
          {name}: {consequence}
        </Text>
      </ConfirmDialog>
    </>
  );
}
