import { infiniteQueryOptions, type QueryClient, queryOptions } from '@tanstack/react-query';
import { ask, call } from '@/api/client.ts';
import type { Allowlist, AllowlistRestored, ListDifference, ListRevision, Page, PastAllowlist } from '@/api/types.ts';
import { type ListOwner, listPath, openToEveryone } from '../allowlists/list_api.ts';

/** The revisions of a list, newest first. */
export const historyQuery = (owner: ListOwner) =>
  infiniteQueryOptions({
    queryKey: ['list-history', owner],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      ask<Page<ListRevision>>('GET', `${listPath(owner)}/history`, { query: { after: pageParam, limit: 100 }, signal }),
    getNextPageParam: (page) => page.next,
  });

/** Between two revisions; from the first one to what stands now where only one is told. */
export const differenceQuery = (owner: ListOwner, from: number, to?: number) =>
  queryOptions({
    queryKey: ['list-difference', owner, from, to],
    queryFn: ({ signal }) =>
      ask<ListDifference>('GET', `${listPath(owner)}/difference`, { query: { from, to }, signal }),
  });

/** As much of a past list as one page holds: its settings, and its first 1,000 entries. */
export const pastListQuery = (owner: ListOwner, revision: number) =>
  queryOptions({
    queryKey: ['list-past', owner, revision],
    queryFn: ({ signal }) =>
      ask<PastAllowlist>('GET', `${listPath(owner)}/history/${revision}`, { query: { limit: 1000 }, signal }),
  });

export interface Standing {
  revision: number;
  etag: string | undefined;
}

/** What a restoration is based on. */
export const standingQuery = (owner: ListOwner) =>
  queryOptions({
    queryKey: ['list-standing', owner],
    staleTime: 0,
    queryFn: async ({ signal }): Promise<Standing> => {
      const { data, etag } = await call<Allowlist>('GET', listPath(owner), { query: { limit: 1 }, signal });
      return { revision: data.revision, etag };
    },
  });

export async function restoreList(
  queries: QueryClient,
  owner: ListOwner,
  revision: number,
  standing: Standing | undefined,
  confirmed: boolean,
): Promise<AllowlistRestored> {
  const { data } = await call<AllowlistRestored>('POST', `${listPath(owner)}/restore`, {
    body: { revision },
    ifMatch: standing?.etag,
    query: confirmed ? openToEveryone : {},
  });
  // Long lists are read again when they are looked at, not here.
  queries.removeQueries({ queryKey: ['list'] });
  void queries.invalidateQueries();
  return data;
}
