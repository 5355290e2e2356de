// A list edited as a whole, then saved at once: nothing counts until Save, and Save replaces only what was read.
import { Anchor, Button, Group, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '@/api/client.ts';
import { hasCode } from '@/api/problem.ts';
import { whoamiQuery } from '@/api/queries.ts';
import type { AllowlistReplaced } from '@/api/types.ts';
import { Note, Problem } from '@/components/bits.tsx';
import { useQuestion } from '@/components/dialog.tsx';
import { useLeaveGuard } from '@/components/leave_guard.tsx';
import { enforcedAt, say } from '@/components/toast.ts';
import { anyAdmits } from '@/net/range.ts';
import { ConflictDialog } from './conflict_dialog.tsx';
import {
  changeOf,
  counts,
  type Difference,
  type Draft,
  type DraftRow,
  differenceSince,
  draftOf,
  inputOfRow,
  isChanged,
  kept,
  newRow,
  opensToEveryone,
  rebase,
  wouldAdmit,
} from './draft.ts';
import { EntryForm } from './entry_form.tsx';
import { EntryRow } from './entry_row.tsx';
import { LimitsText } from './limits_text.tsx';
import css from './list.module.css';
import { isUsable, type ListOwner, listPath, openToEveryone, type WholeList, wholeListQuery } from './list_api.ts';
import { ListSettings } from './list_settings.tsx';
import { QuickAdd } from './quick_add.tsx';
import { Statement } from './statement.tsx';

interface ListEditorProps {
  owner: ListOwner & { layer: 'account' | 'key' };
  standing: WholeList;
  access: 'edit' | 'read';
}

function summary(draft: Draft): string {
  const { added, changed, removed } = counts(draft);
  const parts = [
    added > 0 ? `${added} added` : '',
    changed > 0 ? `${changed} changed` : '',
    removed > 0 ? `${removed} removed` : '',
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'Settings changed' : parts.join(', ');
}

export function ListEditor({ owner, standing, access }: ListEditorProps) {
  const queries = useQueryClient();
  const address = useQuery(whoamiQuery).data?.address ?? undefined;
  const [base, setBase] = useState(standing);
  const [draft, setDraft] = useState(() => draftOf(standing));
  const [editing, setEditing] = useState<string>();
  const [showSettings, setShowSettings] = useState(false);
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const [conflict, setConflict] = useState<{ difference: Difference; now: WholeList }>();
  const [question, askFirst] = useQuestion();
  const changed = isChanged(draft, base.list);
  const leaveGuard = useLeaveGuard(changed);

  // What was saved elsewhere shows at once while nothing is being edited here.
  if (standing !== base && standing.etag !== base.etag && !changed && !busy) {
    setBase(standing);
    setDraft(draftOf(standing));
  }

  const rows = kept(draft);
  const { limits } = base.list;
  const setRow = (uid: string, change: Partial<DraftRow>) =>
    setDraft((before) => ({
      ...before,
      rows: before.rows.map((row) => (row.uid === uid ? { ...row, ...change } : row)),
    }));
  const remove = (row: DraftRow) =>
    row.entry
      ? setRow(row.uid, { removed: true })
      : setDraft((before) => ({ ...before, rows: before.rows.filter((other) => other !== row) }));
  const take = (now: WholeList, next: Draft) => {
    queries.setQueryData(wholeListQuery(owner).queryKey, now);
    setBase(now);
    setDraft(next);
    setConflict(undefined);
    setEditing(undefined);
  };

  const send = async (confirmed: boolean) => {
    const { data } = await call<AllowlistReplaced>('PUT', listPath(owner), {
      ifMatch: base.etag,
      query: confirmed ? openToEveryone : {},
      body: { mode: draft.mode, when_empty: draft.when_empty, entries: rows.map(inputOfRow) },
    });
    const now = await queries.fetchQuery({ ...wholeListQuery(owner), staleTime: 0 });
    take(now, draftOf(now));
    void queries.invalidateQueries({ queryKey: ['keys'] });
    say(`Saved. ${enforcedAt(data.revision)}.`);
  };
  const save = async (confirmed = false) => {
    setBusy(true);
    setError(undefined);
    try {
      await send(confirmed);
    } catch (thrown) {
      if (!hasCode(thrown, 'revision_mismatch')) {
        setError(thrown);
        if (confirmed) throw thrown;
        return;
      }
      const now = await queries.fetchQuery({ ...wholeListQuery(owner), staleTime: 0 });
      setConflict({ difference: differenceSince(draft, now), now });
    } finally {
      setBusy(false);
    }
  };
  const saveOrAsk = () => {
    if (!opensToEveryone(draft) || (base.list.entry_count === 0 && base.list.when_empty === 'allow')) return save();
    askFirst({
      title: 'Open to any address?',
      body: (
        <Text>
          Without entries the list admits every address. Anyone who has the secret can then call from anywhere.
        </Text>
      ),
      confirmLabel: 'Open it to any address',
      danger: true,
      run: () => save(true),
    });
    return undefined;
  };

  const leavesOut = changed && address !== undefined && rows.length > 0 && !wouldAdmit(draft, address);
  return (
    <>
      <div className={css.statement}>
        <Statement
          layer={owner.layer}
          facts={{
            mode: draft.mode,
            when_empty: draft.when_empty,
            entries: rows.length,
            usable: rows.filter(isUsable).length,
          }}
        />
      </div>
      {access === 'edit' && rows.length < limits.entries_max && (
        <EntryForm
          standing={rows}
          limits={limits}
          submitLabel="Add IP"
          onSubmit={(input, parsed) => {
            setDraft((before) => ({ ...before, rows: [...before.rows, newRow(input, parsed.canonical)] }));
            return undefined;
          }}
        >
          {(fill) => <QuickAdd owner={owner} isIn={(address) => anyAdmits(rows, address)} fill={fill} />}
        </EntryForm>
      )}
      {draft.rows.length > 0 && (
        <ul className={css.rows} aria-label="Entries">
          {draft.rows.map((row) =>
            editing === row.uid ? (
              <li key={row.uid} className={css.editing}>
                <EntryForm
                  initial={inputOfRow(row)}
                  standing={rows.filter((other) => other !== row)}
                  limits={limits}
                  submitLabel="Done"
                  autoFocus
                  onCancel={() => setEditing(undefined)}
                  onSubmit={(input, parsed) => {
                    setRow(row.uid, { ...newRow(input, parsed.canonical), uid: row.uid });
                    setEditing(undefined);
                    return undefined;
                  }}
                />
              </li>
            ) : (
              <EntryRow
                key={row.uid}
                entry={{ ...row, added_at: row.entry?.added_at, evidence: row.entry?.evidence }}
                change={changeOf(row)}
                onOpen={access === 'edit' && !row.removed ? () => setEditing(row.uid) : undefined}
                onRemove={access === 'edit' && !row.removed ? () => remove(row) : undefined}
                onRestore={row.removed ? () => setRow(row.uid, { removed: false }) : undefined}
              />
            ),
          )}
        </ul>
      )}
      <div className={css.tools}>
        <LimitsText limits={limits} count={rows.length} />
        <Anchor
          component="button"
          type="button"
          size="sm"
          onClick={() => setShowSettings(!showSettings)}
          aria-expanded={showSettings}
        >
          {showSettings ? 'Hide settings of the list' : 'Settings of the list'}
        </Anchor>
      </div>
      {showSettings && (
        <ListSettings
          mode={draft.mode}
          whenEmpty={draft.when_empty}
          onChange={(change) => setDraft((before) => ({ ...before, ...change }))}
          disabled={access === 'read'}
        />
      )}
      {(changed || Boolean(error)) && (
        <section className={css.saveBar} aria-label="Unsaved changes">
          <div style={{ flex: '1 1 16rem' }}>
            <Text fw={600}>{summary(draft)}, not saved yet</Text>
            {leavesOut && (
              <Note tone="warn" live="polite">
                Your own address {address} will not be admitted. The console itself stays open to you.
              </Note>
            )}
            <Problem error={error} />
          </div>
          <Group gap="xs">
            <Button
              variant="default"
              onClick={() => {
                setDraft(draftOf(base));
                setError(undefined);
                setEditing(undefined);
              }}
            >
              Discard
            </Button>
            <Button onClick={() => void saveOrAsk()} loading={busy}>
              Save
            </Button>
          </Group>
        </section>
      )}
      {question}
      {leaveGuard}
      <ConflictDialog
        difference={conflict?.difference}
        onClose={() => setConflict(undefined)}
        onTheirs={() => conflict && take(conflict.now, draftOf(conflict.now))}
        onMerge={() => conflict && take(conflict.now, rebase(draft, draftOf(base), conflict.now))}
      />
    </>
  );
}
