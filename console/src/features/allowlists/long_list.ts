// A list of any length, read part by part and changed entry by entry. Changes are put into what was read: a list of
// 100,000 entries is not read again for one that came.
import { type InfiniteData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { Allowlist, Entry } from '@/api/types.ts';
import { anyAdmits } from '@/net/range.ts';
import { isUsable, type ListOwner, type ListPart, listQuery } from './list_api.ts';

type Parts = InfiniteData<ListPart, string | null>;

/** By the part and the address: a part that was looked through once is not looked through again. */
const looked = new WeakMap<Entry[], Map<string, boolean>>();

function partAdmits(entries: Entry[], address: string, which: 'all' | 'usable'): boolean {
  const known = looked.get(entries) ?? new Map<string, boolean>();
  looked.set(entries, known);
  const question = `${which} ${address}`;
  let answer = known.get(question);
  if (answer === undefined) {
    answer = anyAdmits(which === 'all' ? entries : entries.filter(isUsable), address);
    known.set(question, answer);
  }
  return answer;
}

export function useLongList(owner: ListOwner) {
  const queries = useQueryClient();
  const query = useInfiniteQuery(listQuery(owner));
  const { queryKey } = listQuery(owner);
  const parts = query.data?.pages;
  const isWhole = parts !== undefined && !query.hasNextPage;
  const entries = useMemo(() => {
    if (!parts) return [];
    // The API tells the oldest first; people look for what they added last. A list of several parts keeps the order in
    // which it is read: it must not turn round under the one who scrolls.
    return parts.length === 1 && isWhole ? parts[0]!.entries.toReversed() : parts.flatMap((part) => part.entries);
  }, [parts, isWhole]);

  const edit = (change: (entries: Entry[]) => Entry[], difference: number) =>
    queries.setQueryData<Parts>(queryKey, (data) => {
      if (!data) return data;
      return {
        ...data,
        pages: data.pages.map((part, index) => ({
          ...part,
          entry_count: part.entry_count + difference,
          entries: index === data.pages.length - 1 || difference <= 0 ? change(part.entries) : part.entries,
        })),
      };
    });
  return {
    query,
    facts: parts?.[0] as Allowlist | undefined,
    entries,
    isWhole,
    admits: (address: string, which: 'all' | 'usable') =>
      parts?.some((part) => partAdmits(part.entries, address, which)) ?? false,
    added: (entry: Entry) => edit((standing) => [...standing, entry], 1),
    changed: (entry: Entry) => edit((standing) => standing.map((other) => (other.id === entry.id ? entry : other)), 0),
    removed: (entry: Entry) => edit((standing) => standing.filter((other) => other.id !== entry.id), -1),
    readAgain: () => queries.resetQueries({ queryKey }),
  };
}
export type LongList = ReturnType<typeof useLongList>;
