// What a list was: its revisions, the difference of any two, and the way back to one of them.
import { Button, Text } from '@mantine/core';
import { IconHistory } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { ListRevision } from '@/api/types.ts';
import { Empty, Loading, Problem } from '@/components/bits.tsx';
import { Panel } from '@/components/page.tsx';
import { Time } from '@/components/time.tsx';
import type { ListOwner } from '../allowlists/list_api.ts';
import { useActorName } from '../audit/actors.ts';
import { ChangesList } from './changes_list.tsx';
import { isNothing } from './difference.ts';
import css from './history.module.css';
import { differenceQuery, historyQuery } from './history_api.ts';
import { RestoreDialog } from './restore_dialog.tsx';
import { RevisionRow } from './revision_row.tsx';

export interface Compared {
  from: number;
  to: number;
}

interface HistoryViewProps {
  owner: ListOwner;
  accountId: string | undefined;
  access: 'edit' | 'read';
  /** As the page's address has it; the newest change where it has nothing. */
  compared: Partial<Compared>;
  onCompare: (next: Compared) => void;
}

const number = (value: number) => value.toLocaleString('en');

function Difference({ owner, from, to }: { owner: ListOwner } & Compared) {
  const { data, error, isPending } = useQuery(differenceQuery(owner, from, to));
  if (isPending) return <Loading label="Comparing" />;
  if (!data) return <Problem error={error} title="The two could not be compared" />;
  const told = data.added.length + data.removed.length + data.changed.length;
  const all = data.counts.added + data.counts.removed + data.counts.changed;
  return (
    <>
      {isNothing(data) ? (
        <Text c="dimmed">Nothing is different.</Text>
      ) : (
        <ChangesList of={data} label={`What is different between ${from} and ${to}`} />
      )}
      {all > told && (
        <Text c="dimmed" size="sm" mt="xs">
          The first {number(told)} of {number(all)} differences; the API pages through whole lists.
        </Text>
      )}
    </>
  );
}

export function HistoryView({ owner, accountId, access, compared, onCompare }: HistoryViewProps) {
  const history = useInfiniteQuery(historyQuery(owner));
  const actorName = useActorName(accountId);
  const [restoring, setRestoring] = useState<ListRevision>();
  const panel = useRef<HTMLDivElement>(null);
  const revisions = history.data?.pages.flatMap((page) => page.items) ?? [];
  if (history.isPending) return <Loading label="Reading the history" />;
  if (history.isError) return <Problem error={history.error} title="The history could not be read" />;
  const [newest] = revisions;
  if (!newest) {
    return (
      <Panel label="No history">
        <Empty icon={<IconHistory />} title="This list was never changed">
          Every change of it is kept here, and can be taken back.
        </Empty>
      </Panel>
    );
  }
  const to = compared.to ?? newest.revision;
  const before = (revision: number) => revisions.find((other) => other.revision < revision)?.revision ?? revision;
  const from = compared.from ?? before(to);
  const compare = (next: Compared) => {
    onCompare(next.from <= next.to ? next : { from: next.to, to: next.from });
    panel.current?.scrollIntoView({ block: 'nearest' });
  };
  const atOf = (revision: number) => revisions.find((other) => other.revision === revision)?.at;
  return (
    <div className={css.columns}>
      <div ref={panel} className={css.difference}>
        <Panel
          title={from === to ? `Revision ${number(to)}` : `From revision ${number(from)} to ${number(to)}`}
          aside={
            <>
              <Time at={atOf(from)} style="date" never="earlier" /> to <Time at={atOf(to)} style="date" never="later" />
            </>
          }
        >
          {from === to ? (
            <Text c="dimmed">The history begins here. Choose a later revision to see what changed since.</Text>
          ) : (
            <Difference owner={owner} from={from} to={to} />
          )}
        </Panel>
      </div>
      <div>
        <Panel title="Revisions" padding="none" aside="Newest first; the marks choose the two to compare">
          <ul className={css.revisions} aria-label="Revisions, newest first">
            {revisions.map((revision) => (
              <RevisionRow
                key={revision.revision}
                of={revision}
                actorName={actorName}
                isCurrent={revision === newest}
                side={{ from: revision.revision === from, to: revision.revision === to }}
                onSide={(side) => compare({ from, to, [side]: revision.revision })}
                onOpen={() => compare({ from: before(revision.revision), to: revision.revision })}
                onRestore={access === 'edit' && revision !== newest ? () => setRestoring(revision) : undefined}
              />
            ))}
          </ul>
          {history.hasNextPage && (
            <div className={css.more}>
              <Button variant="default" onClick={() => history.fetchNextPage()} loading={history.isFetchingNextPage}>
                Show older revisions
              </Button>
            </div>
          )}
        </Panel>
      </div>
      <RestoreDialog owner={owner} to={restoring} onClose={() => setRestoring(undefined)} />
    </div>
  );
}
