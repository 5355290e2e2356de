// Where "/" leads: the account that was looked at last, the first one, or the operator's list of accounts.
import { IconUsersGroup } from '@tabler/icons-react';
import { Navigate } from '@tanstack/react-router';
import { useMe } from '@/api/queries.ts';
import { Empty } from '@/components/bits.tsx';
import { useAccountChoice } from './account_choice.ts';

export function Home() {
  const me = useMe();
  const { choices, current, loading } = useAccountChoice();
  if (loading) return null;
  const account = current ?? choices[0];
  if (account) return <Navigate to="/a/$accountId" params={{ accountId: account.id }} replace />;
  if (me.operator) return <Navigate to="/operator/accounts" replace />;
  return (
    <Empty icon={<IconUsersGroup />} heading="page" title="You are not a member of an account">
      Ask the owner of an account to invite you as {me.login}.
    </Empty>
  );
}
