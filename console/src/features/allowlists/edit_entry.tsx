// One entry of a list that is changed entry by entry. Who saves second is shown what became of it meanwhile, and decides.
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { hasCode } from '@/api/problem.ts';
import type { Allowlist, Entry, EntryInput } from '@/api/types.ts';
import { Note, Problem } from '@/components/bits.tsx';
import { Dialog } from '@/components/dialog.tsx';
import { enforcedAt, say } from '@/components/toast.ts';
import { shortForm } from '@/net/range.ts';
import { ChangesList } from '../history/changes_list.tsx';
import { type Changes, fieldsOf } from '../history/difference.ts';
import { differenceQuery, standingQuery } from '../history/history_api.ts';
import { EntryForm } from './entry_form.tsx';
import { changeEntry, inputOf, type ListOwner } from './list_api.ts';

interface EditEntryProps {
  owner: ListOwner;
  entry: Entry;
  /** What of the list was read, and when. */
  facts: Allowlist;
  others: Entry[];
  onSaved: (entry: Entry) => void;
  onGone: (entry: Entry) => void;
  onClose: () => void;
}

const onlyChanged = (before: Entry, after: Entry): Changes => ({
  added: [],
  removed: [],
  changed: [{ before, after }],
  settings: {},
});

function EditEntryForm({ owner, entry, facts, others, onSaved, onGone, onClose }: EditEntryProps) {
  const queries = useQueryClient();
  const [base, setBase] = useState({ entry, etag: `"${facts.revision}"` });
  const [meanwhile, setMeanwhile] = useState<Changes>();
  const [error, setError] = useState<unknown>();

  const store = async (input: EntryInput, etag: string | undefined) => {
    const { entry: stored, revision } = await changeEntry(owner, entry.id, input, etag);
    onSaved(stored);
    say(`${shortForm(stored.canonical)} saved. ${enforcedAt(revision)}.`);
    onClose();
  };
  const gone = () => {
    onGone(entry);
    setError(new Error('Somebody removed this entry meanwhile. Nothing was saved; add it anew if it is wanted.'));
  };
  /** The list is another one than was read; that does not say that this entry is. */
  const look = async (input: EntryInput): Promise<'done' | 'kept'> => {
    const standing = await queries.fetchQuery(standingQuery(owner));
    const difference = await queries.fetchQuery(differenceQuery(owner, facts.revision, standing.revision));
    if (difference.removed.some(({ id }) => id === entry.id)) {
      gone();
      return 'kept';
    }
    const now = difference.changed.find(({ after }) => after.id === entry.id)?.after ?? base.entry;
    if (fieldsOf(base.entry, now).length === 0) {
      await store(input, standing.etag);
      return 'done';
    }
    setMeanwhile(onlyChanged(base.entry, now));
    setBase({ entry: now, etag: standing.etag ?? '' });
    return 'kept';
  };
  const save = async (input: EntryInput): Promise<'done' | 'kept'> => {
    setError(undefined);
    try {
      await store(input, base.etag);
      return 'done';
    } catch (thrown) {
      if (!hasCode(thrown, 'revision_mismatch')) {
        if (hasCode(thrown, 'not_found')) gone();
        else setError(thrown);
        return 'kept';
      }
    }
    try {
      return await look(input);
    } catch (thrown) {
      setError(thrown);
      return 'kept';
    }
  };
  return (
    <>
      {meanwhile && (
        <Note tone="warn" title="Somebody changed this entry meanwhile" live="assertive">
          Nothing was saved. What became of it stands below; Save puts yours in its place.
          <ChangesList of={meanwhile} label="What changed meanwhile" />
        </Note>
      )}
      <EntryForm
        initial={inputOf(entry)}
        standing={others}
        limits={facts.limits}
        submitLabel="Save"
        onSubmit={save}
        autoFocus
      />
      <Problem error={error} />
    </>
  );
}

export function EditEntry(props: Omit<EditEntryProps, 'entry'> & { entry: Entry | undefined }) {
  return (
    <Dialog opened={props.entry !== undefined} onClose={props.onClose} title="Edit entry" size="xl">
      {props.entry && <EditEntryForm {...props} entry={props.entry} />}
    </Dialog>
  );
}
