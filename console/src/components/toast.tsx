import { Button, Group } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconCheck, IconX } from '@tabler/icons-react';
import { messageOf } from '@/api/problem.ts';

let said = 0;
const closeButtonProps = { 'aria-label': 'Close the message' };

interface Undo {
  label: string;
  run: () => Promise<unknown> | undefined;
}

/** Says that something happened; with a way back where it hurts. */
export function say(message: string, undo?: Undo): void {
  const id = `said-${++said}`;
  notifications.show({
    id,
    closeButtonProps,
    color: 'ink',
    icon: <IconCheck size={16} />,
    autoClose: undo ? 12_000 : 4_500,
    message: undo ? (
      <Group justify="space-between" wrap="nowrap" gap="sm">
        <span>{message}</span>
        <Button
          size="compact-sm"
          variant="default"
          onClick={async () => {
            notifications.hide(id);
            try {
              await undo.run();
            } catch (error) {
              sayError(error);
            }
          }}
        >
          {undo.label}
        </Button>
      </Group>
    ) : (
      message
    ),
  });
}

export function sayError(error: unknown): void {
  notifications.show({
    closeButtonProps,
    color: 'red',
    icon: <IconX size={16} />,
    autoClose: 9_000,
    message: messageOf(error),
  });
}

/** "enforced at revision 1234": the API answers only once its own machine's gateway follows. */
export const enforcedAt = (revision: number) => `Enforced at revision ${revision.toLocaleString('en')}`;
