// A list of any length, read part by part and changed entry by entry. Changes are put into what was read: a list of
// 100,000 entries is not read again for one that came.
import { type InfiniteData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { Allowlist, Entry } from '@/api/types.ts';
import { type ListOwner, type ListPart, listQuery } from './list_api.ts';

type Parts = InfiniteData<ListPart, string | null>;

export function useLongList(owner: ListOwner) {
  const queries = useQueryClient();
  const query = useInfiniteQuery(listQuery(owner));
  const { queryKey } = listQuery(owner);
  const parts = query.data?.pages;
  const isWhole = parts !== undefined && !query.hasNextPage;
  const entries = useMemo(() => {
    const all = parts?.flatMap((part) => part.entries) ?? [];
    // The API tells the oldest first; people look for what they added last.
    return isWhole ? all.toReversed() : all;
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
    added: (entry: Entry) => edit((standing) => [...standing, entry], 1),
    changed: (entry: Entry) => edit((standing) => standing.map((other) => (other.id === entry.id ? entry : other)), 0),
    removed: (entry: Entry) => edit((standing) => standing.filter((other) => other.id !== entry.id), -1),
    readAgain: () => queries.resetQueries({ queryKey }),
  };
}
export type LongList = ReturnType<typeof useLongList>;
