// The readings that several pages share.
import { QueryClient, queryOptions } from '@tanstack/react-query';
import { createContext, use } from 'react';
import { ask } from './client.ts';
import { forgetEarly } from './early.ts';
import { ProblemError, UnreachableError } from './problem.ts';
import type { Account, Instance, Key, Me, Page, Whoami } from './types.ts';

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (failures, error) => error instanceof UnreachableError && failures < 3,
      refetchOnWindowFocus: true,
    },
    mutations: { retry: false },
  },
});

/** Null when signed out. */
export const meQuery = queryOptions({
  queryKey: ['me'],
  staleTime: 30_000,
  queryFn: async (): Promise<Me | null> => {
    try {
      return await ask<Me>('GET', '/me', { unguarded: true });
    } catch (error) {
      if (!(error instanceof ProblemError && error.status === 401)) throw error;
      forgetEarly();
      return null;
    }
  },
});

export const whoamiQuery = queryOptions({
  queryKey: ['whoami'],
  staleTime: 60_000,
  queryFn: () => ask<Whoami>('GET', '/whoami'),
});

export const instanceQuery = queryOptions({
  queryKey: ['instance'],
  queryFn: () => ask<Instance>('GET', '/instance'),
});

/** Of one account, what a page reads at once. */
export const keysReadMax = 5_000;

/** Follows a cursor to its end, up to a bound. */
export async function allPages<T>(
  path: string,
  query: Record<string, string> = {},
  itemsMax = keysReadMax,
): Promise<T[]> {
  const items: T[] = [];
  let after: string | null = null;
  do {
    const page: Page<T> = await ask<Page<T>>('GET', path, { query: { ...query, limit: 1000, after } });
    items.push(...page.items);
    after = page.next;
  } while (after !== null && items.length < itemsMax);
  return items;
}

export const accountsQuery = queryOptions({
  queryKey: ['accounts'],
  queryFn: () => allPages<Account>('/accounts'),
});

export const accountQuery = (id: string) =>
  queryOptions({ queryKey: ['account', id], queryFn: () => ask<Account>('GET', `/accounts/${id}`) });

export const keysQuery = (accountId: string) =>
  queryOptions({ queryKey: ['keys', accountId], queryFn: () => allPages<Key>(`/accounts/${accountId}/keys`) });

interface KeysWanted {
  name: string;
  state: string;
  restriction: string;
}

export const keysFoundQuery = (accountId: string, wanted: KeysWanted) =>
  queryOptions({
    queryKey: ['keys', accountId, 'found', wanted],
    queryFn: () => allPages<Key>(`/accounts/${accountId}/keys`, { ...wanted }, 1_000),
  });

export const keyQuery = (id: string) =>
  queryOptions({ queryKey: ['key', id], queryFn: () => ask<Key>('GET', `/keys/${id}`) });

/** Who looks at the pages within the frame. */
export const MeContext = createContext<Me | null | undefined>(null);

export const useMe = (): Me => {
  const me = use(MeContext);
  if (!me) throw new Error('nobody is signed in');
  return me;
};

/** What the person may do in an account. */
export function roleIn(me: Me, accountId: string | undefined): Role {
  if (me.operator) return 'operator';
  return me.memberships.find((membership) => membership.account_id === accountId)?.role ?? 'viewer';
}
type Role = 'operator' | 'owner' | 'admin' | 'viewer';

export const mayEdit = (me: Me, accountId: string | undefined): boolean => roleIn(me, accountId) !== 'viewer';
export const mayManage = (me: Me, accountId: string | undefined): boolean =>
  ['operator', 'owner'].includes(roleIn(me, accountId));
