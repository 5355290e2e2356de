// What is different between two states of a list, entry by entry.
import type { Entry, ListDifference } from '@/api/types.ts';
import { shortForm } from '@/net/range.ts';

export type Changes = Pick<ListDifference, 'added' | 'removed' | 'changed' | 'settings'>;

/** The way back: what would have to be done to undo it. */
export const inverse = ({ added, removed, changed, settings }: Changes): Changes => ({
  added: removed,
  removed: added,
  changed: changed.map(({ before, after }) => ({ before: after, after: before })),
  settings: {
    ...(settings.mode ? { mode: settings.mode.toReversed() } : {}),
    ...(settings.when_empty ? { when_empty: settings.when_empty.toReversed() } : {}),
  },
});

export const isNothing = ({ added, removed, changed, settings }: Changes): boolean =>
  added.length + removed.length + changed.length === 0 && !settings.mode && !settings.when_empty;

export interface FieldDifference {
  name: string;
  before: string;
  after: string;
}

const usedText = (enabled: boolean) => (enabled ? 'in use' : 'not in use');

/** The fields that differ between two states of an entry; times are told by who shows them. */
export function fieldsOf(before: Entry, after: Entry): FieldDifference[] {
  const all: FieldDifference[] = [
    { name: 'address', before: shortForm(before.canonical), after: shortForm(after.canonical) },
    { name: 'name', before: before.label || 'none', after: after.label || 'none' },
    { name: 'use', before: usedText(before.enabled), after: usedText(after.enabled) },
    { name: 'end', before: before.expires_at ?? 'never', after: after.expires_at ?? 'never' },
  ];
  return all.filter((field) => field.before !== field.after);
}

/** Between two states that are both at hand, as an audit line holds them. */
export function changesBetween(before: Entry[], after: Entry[]): Changes {
  const stood = new Map(before.map((entry) => [entry.id, entry]));
  const stands = new Set(after.map((entry) => entry.id));
  return {
    added: after.filter((entry) => !stood.has(entry.id)),
    removed: before.filter((entry) => !stands.has(entry.id)),
    changed: after.flatMap((entry) => {
      const old = stood.get(entry.id);
      return old && fieldsOf(old, entry).length > 0 ? [{ before: old, after: entry }] : [];
    }),
    settings: {},
  };
}
