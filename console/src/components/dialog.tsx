// Dialogs with one look. Mantine's own header is a second banner to screen readers; this one is a plain heading.
import { Button, CloseButton, Drawer, Modal } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { Problem } from './bits.tsx';
import css from './ui.module.css';

interface DialogProps {
  opened: boolean;
  onClose: () => void;
  title: ReactNode;
  children: ReactNode;
  size?: string | number;
  /** Only its own buttons close it. */
  closing?: 'easy' | 'buttons';
}

export function Dialog({ opened, onClose, title, children, size = 'md', closing = 'easy' }: DialogProps) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={closing === 'easy'}
      size={size}
      centered
      radius="lg"
      padding="lg"
      overlayProps={{ backgroundOpacity: 0.3, blur: 1 }}
      transitionProps={{ duration: 120 }}
    >
      <div className={css.dialogHead}>
        <Modal.Title component="h2" m={0} fz="lg" fw={600} lh={1.4}>
          {title}
        </Modal.Title>
        {closing === 'easy' && <CloseButton aria-label="Close" onClick={onClose} mt={-4} mr={-6} />}
      </div>
      {children}
    </Modal>
  );
}

export function SidePanel({ opened, onClose, title, children, size = 560 }: DialogProps) {
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      withCloseButton={false}
      position="right"
      size={size}
      padding="lg"
      overlayProps={{ backgroundOpacity: 0.25 }}
      transitionProps={{ duration: 140 }}
    >
      <div className={css.dialogHead}>
        <Drawer.Title component="h2" m={0} fz="lg" fw={600} lh={1.4}>
          {title}
        </Drawer.Title>
        <CloseButton aria-label="Close" onClick={onClose} mt={-4} mr={-6} />
      </div>
      {children}
    </Drawer>
  );
}

export const DialogFoot = ({ children }: { children: ReactNode }) => <div className={css.dialogFoot}>{children}</div>;

export interface Question {
  title: string;
  body: ReactNode;
  confirmLabel: string;
  danger?: boolean;
  /** Run while the dialog is open; what it throws is shown there. */
  run: () => Promise<unknown>;
}

/** Asks before something that hurts. Returns the dialog to render and the function that opens it. */
export function useQuestion(): [ReactNode, (question: Question) => void] {
  const [question, setQuestion] = useState<Question>();
  const [opened, setOpened] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const confirm = async () => {
    if (!question) return;
    setBusy(true);
    setError(undefined);
    try {
      await question.run();
      setOpened(false);
    } catch (thrown) {
      setError(thrown);
    } finally {
      setBusy(false);
    }
  };
  const dialog = question && (
    <Dialog opened={opened} onClose={() => setOpened(false)} title={question.title}>
      {question.body}
      <div style={{ marginTop: error ? 16 : 0 }}>
        <Problem error={error} />
      </div>
      <DialogFoot>
        <Button variant="default" onClick={() => setOpened(false)}>
          Cancel
        </Button>
        <Button color={question.danger ? 'red' : undefined} loading={busy} onClick={confirm} data-autofocus>
          {question.confirmLabel}
        </Button>
      </DialogFoot>
    </Dialog>
  );
  const open = (next: Question) => {
    setQuestion(next);
    setError(undefined);
    setOpened(true);
  };
  return [dialog, open];
}
