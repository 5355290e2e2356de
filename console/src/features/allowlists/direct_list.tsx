// A list that is changed entry by entry; each change counts at once and says so.
import { ActionIcon, Button, Text, TextInput } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconFileImport, IconSearch, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useCallback, useDeferredValue, useEffect, useMemo, useState } from 'react';
import { whoamiQuery } from '@/api/queries.ts';
import type { Entry, EntryInput } from '@/api/types.ts';
import { Loading, Note, Problem } from '@/components/bits.tsx';
import { useQuestion } from '@/components/dialog.tsx';
import { enforcedAt, say, sayError } from '@/components/toast.ts';
import { admits, contains, rangeOf, rangeOfEntry, shortForm } from '@/net/range.ts';
import { DirectSettings } from './direct_settings.tsx';
import { EditEntry } from './edit_entry.tsx';
import { EntryForm } from './entry_form.tsx';
import { EntryRow } from './entry_row.tsx';
import { ImportDialog } from './import_dialog.tsx';
import { Kept } from './kept.tsx';
import { LimitsText } from './limits_text.tsx';
import css from './list.module.css';
import { addEntry, inputOf, isUsable, type ListOwner, removeEntry } from './list_api.ts';
import { useLongList } from './long_list.ts';
import { QuickAdd } from './quick_add.tsx';
import { Statement } from './statement.tsx';
import { VirtualRows } from './virtual_rows.tsx';

interface DirectListProps {
  owner: ListOwner & { layer: 'global' | 'account' };
  access: 'edit' | 'read';
}

const searchLoadsMax = 200_000;

export function DirectList({ owner, access }: DirectListProps) {
  const list = useLongList(owner);
  const { facts, entries, isWhole, query } = list;
  const address = useQuery(whoamiQuery).data?.address ?? undefined;
  const [editing, setEditing] = useState<Entry>();
  const [importing, setImporting] = useState(false);
  const [search, setSearch] = useState('');
  /** Counts what was added: each gives the form anew. */
  const [round, setRound] = useState(0);
  const [error, setError] = useState<unknown>();
  const [question, askFirst] = useQuestion();

  const isNarrow = useMediaQuery('(max-width: 48em)');
  const wanted = search.trim().toLowerCase();
  const shown = useMemo(() => {
    if (wanted === '') return entries;
    const range = rangeOf(wanted);
    return entries.filter((entry) => {
      if (entry.canonical.includes(wanted) || entry.label.toLowerCase().includes(wanted)) return true;
      const own = range && rangeOfEntry(entry);
      return own !== undefined && contains(own, range!);
    });
  }, [entries, wanted]);
  // The same one while the list is the same: another one has all rows measured anew.
  const keyOf = useCallback((index: number) => shown[index]!.id, [shown]);
  const others = useMemo(
    () => (editing ? entries.filter((entry) => entry.id !== editing.id) : entries),
    [entries, editing],
  );
  // What is typed is looked at beside the list that was read a moment ago: a part that comes while one scrolls must not
  // hold up the next frame.
  const known = useDeferredValue(entries);
  const mine = useMemo(() => (address === undefined ? undefined : list.admits(address, 'usable')), [known, address]);
  const readOn = useCallback(() => {
    if (query.hasNextPage && !query.isFetchingNextPage) void query.fetchNextPage();
  }, [query]);
  useEffect(() => {
    if (wanted !== '' && entries.length < searchLoadsMax) readOn();
  }, [wanted, entries.length, readOn]);

  if (query.isError) return <Problem error={query.error} title="The list could not be read" />;
  if (!facts) return <Loading label="Reading the list" />;

  const admitsMine =
    mine === true || (facts.entry_count === 0 && facts.when_empty === 'allow') || facts.mode !== 'enforce';

  const add = async (input: EntryInput) => {
    setError(undefined);
    const { entry, revision } = await addEntry(owner, input);
    list.added(entry);
    setRound((before) => before + 1);
    say(`${shortForm(entry.canonical)} added. ${enforcedAt(revision)}.`);
  };
  const addOrAsk = async (input: EntryInput, canonical: string): Promise<'done' | 'kept'> => {
    const closes = facts.entry_count === 0 && facts.when_empty === 'allow' && facts.mode === 'enforce';
    if (closes && address !== undefined && !admits(canonical, address)) {
      askFirst({
        title: 'This leaves your own address out',
        body: (
          <Text>
            The list is empty and open now. With this first entry only{' '}
            <span className="kf-mono">{shortForm(canonical)}</span> may call; your address{' '}
            <span className="kf-mono">{address}</span> and every other one will be blocked from the next request on. The
            console stays open to you.
          </Text>
        ),
        confirmLabel: 'Add it all the same',
        run: () => add(input),
      });
      return 'kept';
    }
    try {
      await add(input);
      return 'done';
    } catch (thrown) {
      setError(thrown);
      return 'kept';
    }
  };
  /** The row goes at once; it comes back where the daemon refuses. */
  const removeNow = async (entry: Entry, confirmed: boolean) => {
    list.removed(entry);
    let revision: number;
    try {
      revision = await removeEntry(owner, entry.id, confirmed);
    } catch (thrown) {
      await list.readAgain();
      throw thrown;
    }
    say(`${shortForm(entry.canonical)} removed. ${enforcedAt(revision)}.`, {
      label: 'Undo',
      run: () => add(inputOf(entry)),
    });
  };
  const remove = (entry: Entry) => {
    const opens = facts.entry_count === 1 && facts.when_empty === 'allow';
    const leavesMineOut =
      !opens &&
      address !== undefined &&
      admits(entry.canonical, address) &&
      isWhole &&
      !entries.some((other) => other !== entry && isUsable(other) && admits(other.canonical, address));
    if (!opens && !leavesMineOut) {
      removeNow(entry, false).catch(sayError);
      return;
    }
    askFirst(
      opens
        ? {
            title: 'Open to any address?',
            body: <Text>This is the last entry. Without it the list is empty and admits every address.</Text>,
            confirmLabel: 'Remove it and open to any address',
            danger: true,
            run: () => removeNow(entry, true),
          }
        : {
            title: 'This leaves your own address out',
            body: (
              <Text>
                No other entry admits your address <span className="kf-mono">{address}</span>. Requests from it will be
                blocked from the next one on. The console stays open to you.
              </Text>
            ),
            confirmLabel: 'Remove it all the same',
            danger: true,
            run: () => removeNow(entry, false),
          },
    );
  };
  return (
    <>
      <div className={css.statement}>
        <Statement
          layer={owner.layer}
          facts={{
            mode: facts.mode,
            when_empty: facts.when_empty,
            entries: facts.entry_count,
            usable: isWhole ? entries.filter(isUsable).length : undefined,
          }}
        />
        {address !== undefined && isWhole && !admitsMine && (
          <div style={{ marginTop: 12 }}>
            <Note tone="warn">
              Your own address <span className="kf-mono">{address}</span> is not admitted by this list.
            </Note>
          </div>
        )}
      </div>
      {access === 'edit' && (
        <Kept
          by={[known, round, address, facts.entry_count, facts.when_empty, facts.mode]}
          make={() => (
            <EntryForm
              key={round}
              autoFocus={round > 0}
              standing={known}
              limits={facts.limits}
              submitLabel="Add IP"
              onSubmit={(input, parsed) => addOrAsk(input, parsed.canonical)}
            >
              {(fill) => (
                <>
                  <QuickAdd owner={owner} isIn={(candidate) => list.admits(candidate, 'all')} fill={fill} />
                  <Button
                    size="compact-sm"
                    variant="default"
                    leftSection={<IconFileImport size={14} aria-hidden />}
                    onClick={() => setImporting(true)}
                  >
                    Import many
                  </Button>
                </>
              )}
            </EntryForm>
          )}
        />
      )}
      {Boolean(error) && (
        <div className={css.form}>
          <Problem error={error} />
        </div>
      )}
      <div className={css.tools}>
        <TextInput
          aria-label="Search the list"
          placeholder="Search by name or address"
          leftSection={<IconSearch size={15} aria-hidden />}
          rightSection={
            search !== '' && (
              <ActionIcon aria-label="Clear the search" onClick={() => setSearch('')} size="sm">
                <IconX size={14} />
              </ActionIcon>
            )
          }
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
          w={{ base: '100%', xs: 280 }}
        />
        <LimitsText limits={facts.limits} count={facts.entry_count} />
      </div>
      {wanted !== '' && (
        <Text size="sm" c="dimmed" px="lg" pb="sm" role="status">
          {shown.length.toLocaleString('en')} found{query.hasNextPage ? ', still reading the list' : ''}
        </Text>
      )}
      {shown.length > 0 && (
        <VirtualRows
          count={shown.length}
          label="Entries of the list"
          rowHeight={isNarrow ? 84 : 57}
          sizing="fixed"
          keyOf={keyOf}
          onEnd={readOn}
          render={({ index, style, detail }) => {
            const entry = shown[index]!;
            return (
              <EntryRow
                key={entry.id}
                entry={entry}
                style={style}
                lines="cut"
                detail={detail}
                position={{ index, count: wanted === '' ? facts.entry_count : shown.length }}
                onOpen={access === 'edit' ? () => setEditing(entry) : undefined}
                onRemove={access === 'edit' ? () => remove(entry) : undefined}
              />
            );
          }}
        />
      )}
      <DirectSettings owner={owner} facts={facts} access={access} onSaved={list.readAgain} />
      <EditEntry
        owner={owner}
        entry={editing}
        facts={facts}
        others={others}
        onSaved={list.changed}
        onGone={list.removed}
        onClose={() => setEditing(undefined)}
      />
      <ImportDialog
        owner={owner}
        opened={importing}
        onClose={() => setImporting(false)}
        onImported={list.readAgain}
        facts={facts}
      />
      {question}
    </>
  );
}
