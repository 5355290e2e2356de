import { Button, Group } from '@mantine/core';
import { Notifications, notifications } from '@mantine/notifications';
import { IconCheck, IconX } from '@tabler/icons-react';
import { useEffect } from 'react';
import { type Message, sayError, toasts } from './toast.ts';

let said = 0;
const closeButtonProps = { 'aria-label': 'Close the message' };

function show({ tone, text, undo }: Message): void {
  const id = `said-${++said}`;
  const takeBack = async () => {
    notifications.hide(id);
    try {
      await undo?.run();
    } catch (error) {
      sayError(error);
    }
  };
  notifications.show({
    id,
    closeButtonProps,
    color: tone === 'done' ? 'ink' : 'red',
    icon: tone === 'done' ? <IconCheck size={16} /> : <IconX size={16} />,
    autoClose: tone === 'failed' ? 9_000 : undo ? 12_000 : 4_500,
    message: undo ? (
      <Group justify="space-between" wrap="nowrap" gap="sm">
        <span>{text}</span>
        <Button size="compact-sm" variant="default" onClick={takeBack}>
          {undo.label}
        </Button>
      </Group>
    ) : (
      text
    ),
  });
}

export default function Toasts() {
  useEffect(() => toasts.showBy(show), []);
  return <Notifications position="bottom-right" limit={4} />;
}
