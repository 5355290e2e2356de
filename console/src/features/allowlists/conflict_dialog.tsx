import { Button, Stack, Text } from '@mantine/core';
import { Badge } from '@/components/bits.tsx';
import { Dialog, DialogFoot } from '@/components/dialog.tsx';
import { shortForm } from '@/net/range.ts';
import type { Difference } from './draft.ts';
import css from './list.module.css';

interface ConflictDialogProps {
  difference: Difference | undefined;
  onMerge: () => void;
  onTheirs: () => void;
  onClose: () => void;
}

/** Somebody else saved the list first. Nothing is overwritten: the person chooses. */
export function ConflictDialog({ difference, onMerge, onTheirs, onClose }: ConflictDialogProps) {
  const lines = [
    ...(difference?.added.map((entry) => ({ id: entry.id, tone: 'ok' as const, word: 'added', entry })) ?? []),
    ...(difference?.removed.map((row) => ({ id: row.uid, tone: 'bad' as const, word: 'removed', entry: row })) ?? []),
  ];
  return (
    <Dialog opened={difference !== undefined} onClose={onClose} title="This list was changed meanwhile" size="lg">
      <Stack gap="sm">
        <Text>
          Somebody saved it after you opened it. Your changes are still here and were not saved. What changed:
        </Text>
        {lines.length === 0 ? (
          <Text c="dimmed">Settings, names or ends of entries; no entry came or went.</Text>
        ) : (
          <ul className={css.diff} aria-label="What changed meanwhile">
            {lines.map(({ id, tone, word, entry }) => (
              <li key={id}>
                <Badge tone={tone}>{word}</Badge> <span className="kf-mono">{shortForm(entry.canonical)}</span>{' '}
                {entry.label}
              </li>
            ))}
          </ul>
        )}
      </Stack>
      <DialogFoot>
        <Button variant="default" onClick={onTheirs}>
          Drop my changes
        </Button>
        <Button onClick={onMerge} data-autofocus>
          Put my changes on top
        </Button>
      </DialogFoot>
    </Dialog>
  );
}
