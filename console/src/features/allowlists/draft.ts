// A list that is edited as a whole: what stands, what the person made of it, and what both together mean when somebody
// else changed the list meanwhile.
import type { AllowlistSettings, Entry, EntryInput, ListMode, WhenEmpty } from '@/api/types.ts';
import { admits } from '@/net/range.ts';
import { isUsable, type WholeList } from './list_api.ts';

export interface DraftRow {
  uid: string;
  /** Of an entry that stands. */
  entry?: Entry;
  canonical: string;
  text: string;
  label: string;
  enabled: boolean;
  expires_at: string | null;
  removed: boolean;
}

export interface Draft {
  mode: ListMode;
  when_empty: WhenEmpty;
  rows: DraftRow[];
}

let uids = 0;
export const newUid = (): string => `row-${++uids}`;

export const rowOf = (entry: Entry): DraftRow => ({
  uid: entry.id,
  entry,
  canonical: entry.canonical,
  text: entry.text,
  label: entry.label,
  enabled: entry.enabled,
  expires_at: entry.expires_at,
  removed: false,
});

export const draftOf = ({ list }: WholeList): Draft => ({
  mode: list.mode,
  when_empty: list.when_empty,
  rows: list.entries.map(rowOf),
});

export const newRow = (input: EntryInput, canonical: string): DraftRow => ({
  uid: newUid(),
  canonical,
  text: input.text,
  label: input.label ?? '',
  enabled: input.enabled ?? true,
  expires_at: input.expires_at ?? null,
  removed: false,
});

export const inputOfRow = ({ text, label, enabled, expires_at }: DraftRow): EntryInput => ({
  text,
  label,
  enabled,
  expires_at,
});

const sameTime = (a: string | null, b: string | null) =>
  a === b || (a !== null && b !== null && new Date(a).getTime() === new Date(b).getTime());

export function changeOf(row: DraftRow): 'none' | 'added' | 'changed' | 'removed' {
  if (row.removed) return 'removed';
  if (!row.entry) return 'added';
  const { canonical, label, enabled, expires_at } = row.entry;
  const same =
    canonical === row.canonical &&
    label === row.label &&
    enabled === row.enabled &&
    sameTime(expires_at, row.expires_at);
  return same ? 'none' : 'changed';
}

export const kept = (draft: Draft): DraftRow[] => draft.rows.filter((row) => !row.removed);

export function counts(draft: Draft): { added: number; changed: number; removed: number } {
  const of = (change: string) => draft.rows.filter((row) => changeOf(row) === change).length;
  return { added: of('added'), changed: of('changed'), removed: of('removed') };
}

export function isChanged(draft: Draft, base: Pick<AllowlistSettings, 'mode' | 'when_empty'>): boolean {
  return (
    draft.mode !== base.mode ||
    draft.when_empty !== base.when_empty ||
    draft.rows.some((row) => changeOf(row) !== 'none')
  );
}

/** Whether a list like this lets an address pass. */
export function wouldAdmit(draft: Draft, address: string): boolean {
  if (draft.mode !== 'enforce') return true;
  const rows = kept(draft);
  if (rows.length === 0) return draft.when_empty === 'allow';
  return rows.some((row) => isUsable(row) && admits(row.canonical, address));
}

export const opensToEveryone = (draft: Draft): boolean => kept(draft).length === 0 && draft.when_empty === 'allow';

export interface Difference {
  added: Entry[];
  removed: DraftRow[];
}

/** What somebody else did to the list since the draft was begun. */
export function differenceSince(draft: Draft, now: WholeList): Difference {
  const stood = new Set(draft.rows.flatMap((row) => (row.entry ? [row.entry.canonical] : [])));
  const stands = new Set(now.list.entries.map((entry) => entry.canonical));
  return {
    added: now.list.entries.filter((entry) => !stood.has(entry.canonical)),
    removed: draft.rows.filter((row) => row.entry !== undefined && !stands.has(row.entry.canonical)),
  };
}

/** One's own changes, made again on what stands now. */
export function rebase(draft: Draft, base: Draft, now: WholeList): Draft {
  const mine = new Map(draft.rows.flatMap((row) => (row.entry ? [[row.entry.canonical, row] as const] : [])));
  const rows = now.list.entries.map((entry) => {
    const own = mine.get(entry.canonical);
    return own && changeOf(own) !== 'none' ? { ...own, entry } : rowOf(entry);
  });
  const taken = new Set(rows.map((row) => row.canonical));
  const added = draft.rows.filter((row) => !row.entry && !taken.has(row.canonical));
  return {
    mode: draft.mode === base.mode ? now.list.mode : draft.mode,
    when_empty: draft.when_empty === base.when_empty ? now.list.when_empty : draft.when_empty,
    rows: [...rows, ...added],
  };
}
