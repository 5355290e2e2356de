// Makes a list again what it was: shows what that would do, asks, and offers the way back afterwards.
import { Button, Stack, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { hasCode } from '@/api/problem.ts';
import { whoamiQuery } from '@/api/queries.ts';
import type { ListRevision } from '@/api/types.ts';
import { Loading, Note, Problem } from '@/components/bits.tsx';
import { Dialog, DialogFoot } from '@/components/dialog.tsx';
import { Time } from '@/components/time.tsx';
import { enforcedAt, say } from '@/components/toast.ts';
import { admits } from '@/net/range.ts';
import { isUsable, type ListOwner } from '../allowlists/list_api.ts';
import { ChangesList } from './changes_list.tsx';
import { inverse, isNothing } from './difference.ts';
import { differenceQuery, pastListQuery, restoreList, standingQuery } from './history_api.ts';

interface RestoreProps {
  owner: ListOwner;
  to: ListRevision;
  onClose: () => void;
}

const number = (value: number) => value.toLocaleString('en');

function Restore({ owner, to, onClose }: RestoreProps) {
  const queries = useQueryClient();
  const address = useQuery(whoamiQuery).data?.address ?? undefined;
  const standing = useQuery(standingQuery(owner));
  const difference = useQuery(differenceQuery(owner, to.revision, standing.data?.revision));
  const past = useQuery(pastListQuery(owner, to.revision));
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);

  const opens = to.entry_count === 0 && to.when_empty === 'allow';
  const leavesMineOut =
    to.mode === 'enforce' &&
    !opens &&
    address !== undefined &&
    past.data !== undefined &&
    past.data.next === null &&
    !past.data.entries.some((entry) => isUsable(entry) && admits(entry.canonical, address));
  const before = standing.data?.revision;

  const restore = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const done = await restoreList(queries, owner, to.revision, standing.data, opens);
      onClose();
      say(
        `The list is again what it was at revision ${number(to.revision)}. ${enforcedAt(done.revision)}.`,
        before === undefined
          ? undefined
          : {
              label: 'Undo',
              run: async () => {
                // Only what stands since: a later change of somebody else is not undone with it.
                const undone = await restoreList(
                  queries,
                  owner,
                  before,
                  { revision: done.revision, etag: `"${done.revision}"` },
                  true,
                );
                say(`Undone. ${enforcedAt(undone.revision)}.`);
              },
            },
      );
    } catch (thrown) {
      if (hasCode(thrown, 'revision_mismatch')) {
        void queries.invalidateQueries({ queryKey: ['list-difference'] });
        void queries.invalidateQueries({ queryKey: ['list-history'] });
        await standing.refetch();
      }
      setError(thrown);
    } finally {
      setBusy(false);
    }
  };
  const changes = difference.data && inverse(difference.data);
  const nothing = changes !== undefined && isNothing(changes);
  return (
    <Stack gap="md">
      <Text>
        The list becomes what it was <Time at={to.at} style="exact" />, with {number(to.entry_count)}{' '}
        {to.entry_count === 1 ? 'entry' : 'entries'}. It is one new change: the history keeps everything.
      </Text>
      {hasCode(error, 'revision_mismatch') ? (
        <Note tone="warn" title="The list was changed meanwhile" live="assertive">
          Nothing was restored. What it would do now is shown below; look at it again.
        </Note>
      ) : (
        <Problem error={error} title="Nothing was restored" />
      )}
      <Problem error={difference.error ?? standing.error} />
      {difference.isPending && <Loading label="Comparing" />}
      {nothing && <Note tone="info">Nothing would change: the list stands like this already.</Note>}
      {changes && !nothing && <ChangesList of={changes} label="What would change" />}
      {opens && (
        <Note tone="warn" title="This opens the list to any address">
          It was empty then, and an empty list admits every address.
        </Note>
      )}
      {leavesMineOut && (
        <Note tone="warn" title="This leaves your own address out">
          Requests from <span className="kf-mono">{address}</span> will be blocked from the next one on. The console
          stays open to you.
        </Note>
      )}
      <DialogFoot>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button
          color={opens ? 'red' : undefined}
          onClick={restore}
          loading={busy}
          disabled={!changes || nothing || difference.isFetching || standing.isFetching}
          data-autofocus
        >
          {opens ? 'Restore it and open to any address' : 'Restore'}
        </Button>
      </DialogFoot>
    </Stack>
  );
}

export function RestoreDialog({ owner, to, onClose }: Omit<RestoreProps, 'to'> & { to: ListRevision | undefined }) {
  return (
    <Dialog
      opened={to !== undefined}
      onClose={onClose}
      title={`Restore revision ${number(to?.revision ?? 0)}`}
      size="lg"
    >
      {to && <Restore owner={owner} to={to} onClose={onClose} />}
    </Dialog>
  );
}
