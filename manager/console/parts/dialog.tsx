import { Modal, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import type { ReactNode } from 'react';

interface DialogProps {
  readonly title: string;
  readonly opened: boolean;
  readonly onClose: () => void;
  /** For what would be lost: a click beside it does not close it, or nothing does but a button in it. */
  readonly held?: 'against-clicks' | 'fast';
  readonly size?: 'md' | 'lg';
  readonly children: ReactNode;
}

/** A dialog; on a narrow screen all of it. What is in it begins anew each time it opens. */
export function Dialog({ title, opened, onClose, held, size = 'md', children }: DialogProps) {
  const isNarrow = useMediaQuery('(max-width: 36em)') ?? false;
  return (
    <Modal
      title={
        <Text span fw={600}>
          {title}
        </Text>
      }
      opened={opened}
      onClose={onClose}
      closeOnClickOutside={held === undefined}
      closeOnEscape={held !== 'fast'}
      withCloseButton={held !== 'fast'}
      fullScreen={isNarrow}
      size={size}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {children}
    </Modal>
  );
}
