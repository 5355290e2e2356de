import { Tabs } from '@mantine/core';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { mayManage, useMe } from '@/api/queries.ts';
import { Page } from '@/components/page.tsx';
import { GeneralTab } from './general_tab.tsx';
import { MembersTab } from './members_tab.tsx';
import { TokensTab } from './tokens_tab.tsx';

const route = getRouteApi('/shell/a/$accountId/settings');

export function SettingsPage() {
  const { accountId } = route.useParams();
  const { tab = 'members' } = route.useSearch();
  const navigate = useNavigate();
  const me = useMe();
  const manages = mayManage(me, accountId);
  return (
    <Page title="Settings" lede="Who works on this account, and with what programs.">
      <Tabs
        value={tab}
        onChange={(next) =>
          navigate({
            to: '/a/$accountId/settings',
            params: { accountId },
            search: { tab: next ?? 'members' },
            replace: true,
          })
        }
      >
        <Tabs.List mb="lg">
          <Tabs.Tab value="members">Members</Tabs.Tab>
          {manages && <Tabs.Tab value="tokens">Management tokens</Tabs.Tab>}
          <Tabs.Tab value="general">General</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="members">
          <MembersTab accountId={accountId} access={manages ? 'manage' : 'read'} />
        </Tabs.Panel>
        {manages && (
          <Tabs.Panel value="tokens">
            <TokensTab accountId={accountId} />
          </Tabs.Panel>
        )}
        <Tabs.Panel value="general">
          <GeneralTab accountId={accountId} />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
