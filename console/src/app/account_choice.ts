// Which accounts a person can look at, and which one is looked at now.
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useEffect } from 'react';
import { accountsQuery, useMe } from '@/api/queries.ts';

export interface Choice {
  id: string;
  name: string;
}

const storageName = 'keyfence-account';

export function useAccountChoice(): { choices: Choice[]; current: Choice | undefined; loading: boolean } {
  const me = useMe();
  const { accountId } = useParams({ strict: false });
  const accounts = useQuery({ ...accountsQuery, enabled: me.operator });
  const choices: Choice[] = me.operator
    ? (accounts.data ?? []).map(({ id, name }) => ({ id, name }))
    : me.memberships.map((membership) => ({ id: membership.account_id, name: membership.account_name }));
  useEffect(() => {
    if (accountId) localStorage.setItem(storageName, accountId);
  }, [accountId]);
  const id = accountId ?? localStorage.getItem(storageName);
  const current = choices.find((choice) => choice.id === id);
  return { choices, current, loading: me.operator && accounts.isPending };
}
