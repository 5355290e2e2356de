// The three lists are one sub-tree of the API at three levels.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { call } from '@/api/client.ts';
import type { Allowlist, Entry, EntryChange, EntryInput } from '@/api/types.ts';

export type ListOwner = { layer: 'global' } | { layer: 'account' | 'key'; id: string };

export const listPath = (owner: ListOwner): string =>
  owner.layer === 'global' ? '/allowlist' : `/${owner.layer === 'account' ? 'accounts' : 'keys'}/${owner.id}/allowlist`;

const ownerKey = (owner: ListOwner) => [owner.layer, owner.layer === 'global' ? '' : owner.id];

export interface WholeList {
  list: Allowlist;
  etag: string;
}

/** Every entry of a list that is edited as a whole. */
export const wholeListQuery = (owner: ListOwner) =>
  queryOptions({
    queryKey: ['whole-list', ...ownerKey(owner)],
    queryFn: async (): Promise<WholeList> => {
      const { data, etag } = await call<Allowlist>('GET', listPath(owner), { query: { limit: 1000 } });
      return { list: data, etag: etag ?? '' };
    },
  });

export interface ListPart extends Allowlist {
  etag: string;
}

/** A list of any length, part by part. */
export const listQuery = (owner: ListOwner) =>
  infiniteQueryOptions({
    queryKey: ['list', ...ownerKey(owner)],
    initialPageParam: null as string | null,
    staleTime: 30_000,
    refetchOnWindowFocus: false,
    // Comparing 100,000 entries with themselves for every part that comes would be seen.
    structuralSharing: false,
    queryFn: async ({ pageParam, signal }): Promise<ListPart> => {
      const { data, etag } = await call<Allowlist>('GET', listPath(owner), {
        query: { limit: 1000, after: pageParam },
        signal,
      });
      return { ...data, etag: etag ?? '' };
    },
    getNextPageParam: (part) => part.next,
  });

/** Settings and number of entries alone. */
export const listSummaryQuery = (owner: ListOwner) =>
  queryOptions({
    queryKey: ['list-summary', ...ownerKey(owner)],
    queryFn: async () => (await call<Allowlist>('GET', listPath(owner), { query: { limit: 1 } })).data,
  });

export const addEntry = async (owner: ListOwner, entry: EntryInput): Promise<EntryChange> =>
  (await call<EntryChange>('POST', `${listPath(owner)}/entries`, { body: entry })).data;

/** Only where the list is the one that the ETag names. */
export const changeEntry = async (
  owner: ListOwner,
  id: string,
  change: Partial<EntryInput>,
  ifMatch: string | undefined,
): Promise<EntryChange> =>
  (await call<EntryChange>('PATCH', `${listPath(owner)}/entries/${id}`, { body: change, ifMatch })).data;

export const openToEveryone = { confirm: 'open_to_everyone' } as const;

export const removeEntry = async (owner: ListOwner, id: string, confirmed: boolean): Promise<number> =>
  (
    await call<{ revision: number }>('DELETE', `${listPath(owner)}/entries/${id}`, {
      query: confirmed ? openToEveryone : {},
    })
  ).data.revision;

export const inputOf = ({ text, label, enabled, expires_at }: Entry): EntryInput => ({
  text,
  label,
  enabled,
  expires_at,
});

export const isExpired = (entry: Pick<Entry, 'expires_at'>): boolean =>
  entry.expires_at !== null && entry.expires_at !== undefined && new Date(entry.expires_at).getTime() <= Date.now();

export const isUsable = (entry: Pick<Entry, 'enabled' | 'expires_at'>): boolean => entry.enabled && !isExpired(entry);

/** "this key's allowlist", for sentences. */
export const listName: Record<ListOwner['layer'], string> = {
  global: 'the global allowlist',
  account: "the account's allowlist",
  key: "the key's allowlist",
};
