import { Button } from '@mantine/core';
import { IconHistory } from '@tabler/icons-react';
import { Link, useParams } from '@tanstack/react-router';
import { mayEdit, useMe } from '@/api/queries.ts';
import { Page, Panel } from '@/components/page.tsx';
import { DirectList } from './direct_list.tsx';

export function AccountListPage() {
  const { accountId } = useParams({ from: '/shell/a/$accountId/allowlist' });
  const me = useMe();
  return (
    <Page
      title="IP allowlist"
      lede="From where the keys of this account may be used, all of them. Each key can be restricted further on its own page. What you change here counts from the very next request."
      actions={
        <Button
          variant="default"
          leftSection={<IconHistory size={16} aria-hidden />}
          renderRoot={(props) => <Link to="/a/$accountId/allowlist/history" params={{ accountId }} {...props} />}
        >
          History
        </Button>
      }
    >
      <Panel padding="none" label="The account's allowlist">
        <DirectList
          key={accountId}
          owner={{ layer: 'account', id: accountId }}
          access={mayEdit(me, accountId) ? 'edit' : 'read'}
        />
      </Panel>
    </Page>
  );
}

export const GlobalListPage = () => (
  <Page
    title="Global IP allowlist"
    lede="Looked at before any account's or key's own list: an address that this list does not admit reaches nobody's keys."
    actions={
      <Button
        variant="default"
        leftSection={<IconHistory size={16} aria-hidden />}
        renderRoot={(props) => <Link to="/operator/allowlist/history" {...props} />}
      >
        History
      </Button>
    }
  >
    <Panel padding="none" label="The global allowlist">
      <DirectList owner={{ layer: 'global' }} access="edit" />
    </Panel>
  </Page>
);
