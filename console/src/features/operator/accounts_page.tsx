import { ActionIcon, Button, Menu, Select, Stack, Text, TextInput } from '@mantine/core';
import { IconBuilding, IconDots, IconPlus, IconSearch } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { ask } from '@/api/client.ts';
import { ProblemError } from '@/api/problem.ts';
import { accountsQuery } from '@/api/queries.ts';
import type { Account } from '@/api/types.ts';
import { Badge, Empty, Problem } from '@/components/bits.tsx';
import { Dialog, DialogFoot, useQuestion } from '@/components/dialog.tsx';
import { Page } from '@/components/page.tsx';
import { TablePanel } from '@/components/table_panel.tsx';
import { Time } from '@/components/time.tsx';
import { enforcedAt, say, sayError } from '@/components/toast.ts';
import css from '@/components/ui.module.css';

const route = getRouteApi('/shell/operator/accounts');

type State = 'active' | 'suspended' | 'deleted';

const states: { value: State | ''; label: string }[] = [
  { value: '', label: 'Every state' },
  { value: 'active', label: 'Active' },
  { value: 'suspended', label: 'Suspended' },
  { value: 'deleted', label: 'Deleted' },
];

/** A deleted account is suspended too, but counts as deleted alone. */
const stateOf = (account: Account): State => (account.deleted_at ? 'deleted' : account.state);

function CreateAccount({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const [error, setError] = useState<unknown>();
  const create = async () => {
    setError(undefined);
    try {
      const account = await ask<Account>('POST', '/accounts', { body: { name: name.trim() } });
      await queries.invalidateQueries(accountsQuery);
      onClose();
      await navigate({ to: '/a/$accountId', params: { accountId: account.id } });
    } catch (thrown) {
      setError(thrown);
    }
  };
  const problem = error instanceof ProblemError ? error : undefined;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void create();
      }}
    >
      <Stack>
        <TextInput
          label="Name"
          placeholder="The customer"
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={problem?.field('/name')?.message}
          required
          data-autofocus
        />
        {!problem?.field('/name') && <Problem error={error} />}
      </Stack>
      <DialogFoot>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit">Create account</Button>
      </DialogFoot>
    </form>
  );
}

function AccountMenu({ account }: { account: Account }) {
  const queries = useQueryClient();
  const [question, askFirst] = useQuestion();
  const setState = async (state: Account['state']) => {
    const { revision } = await ask<Account>('PATCH', `/accounts/${account.id}`, { body: { state } });
    await queries.invalidateQueries(accountsQuery);
    say(`${account.name} is ${state}. ${enforcedAt(revision)}.`);
  };
  const remove = async () => {
    await ask('DELETE', `/accounts/${account.id}`);
    await queries.invalidateQueries(accountsQuery);
    say(`${account.name} is deleted.`);
  };
  const restore = async () => {
    await ask('POST', `/accounts/${account.id}/restore`);
    await queries.invalidateQueries(accountsQuery);
    say(`${account.name} is back.`);
  };
  return (
    <>
      <Menu position="bottom-end" shadow="md">
        <Menu.Target>
          <ActionIcon aria-label={`Actions for ${account.name}`} size="lg">
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {account.deleted_at ? (
            <Menu.Item onClick={() => restore().catch(sayError)}>Restore</Menu.Item>
          ) : (
            <>
              {account.state === 'active' ? (
                <Menu.Item
                  onClick={() =>
                    askFirst({
                      title: `Suspend ${account.name}?`,
                      body: (
                        <Text>All its keys are refused from the next request on, until it is made active again.</Text>
                      ),
                      confirmLabel: 'Suspend',
                      danger: true,
                      run: () => setState('suspended'),
                    })
                  }
                >
                  Suspend
                </Menu.Item>
              ) : (
                <Menu.Item onClick={() => setState('active').catch(sayError)}>Make active again</Menu.Item>
              )}
              <Menu.Divider />
              <Menu.Item
                color="red"
                onClick={() =>
                  askFirst({
                    title: `Delete ${account.name}?`,
                    body: (
                      <Text>
                        Its keys, tokens and members are refused at once. It can be restored for a while; then it is
                        gone with its keys and lists.
                      </Text>
                    ),
                    confirmLabel: 'Delete the account',
                    danger: true,
                    run: remove,
                  })
                }
              >
                Delete
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      {question}
    </>
  );
}

function AccountState({ of: account }: { of: Account }) {
  if (account.deleted_at) {
    return (
      <Badge tone="bad">
        deleted, gone <Time at={account.purge_at} />
      </Badge>
    );
  }
  return account.state === 'active' ? <Badge tone="ok">Active</Badge> : <Badge tone="bad">Suspended</Badge>;
}

export function AccountsPage() {
  const accounts = useQuery(accountsQuery);
  const [creating, setCreating] = useState(false);
  const { q = '', state = '' } = route.useSearch();
  const navigate = useNavigate();
  const set = (change: { q?: string; state?: string }) =>
    navigate({
      to: '/operator/accounts',
      search: (before: { q?: string; state?: string }) => ({ ...before, ...change }),
      replace: true,
    });
  const found = (accounts.data ?? [])
    .filter((account) => state === '' || stateOf(account) === state)
    .filter((account) => `${account.name} ${account.id}`.toLowerCase().includes(q.trim().toLowerCase()));
  const button = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setCreating(true)}>
      Create account
    </Button>
  );
  return (
    <Page
      title="Accounts"
      lede="Your customers. Each owns its keys, its members and one allowlist."
      actions={accounts.data && accounts.data.length > 0 && button}
    >
      <TablePanel
        label="Accounts"
        query={accounts}
        rows={accounts.data && found}
        keyOf={(account) => account.id}
        nameOf={(account) => account.name}
        tools={
          accounts.data &&
          accounts.data.length > 0 && (
            <div className={css.panelHead} style={{ justifyContent: 'flex-start' }}>
              <TextInput
                aria-label="Search accounts"
                placeholder="Search by name"
                leftSection={<IconSearch size={15} aria-hidden />}
                value={q}
                onChange={(event) => set({ q: event.currentTarget.value })}
                w={{ base: '100%', xs: 260 }}
              />
              <Select
                aria-label="State"
                data={states}
                value={state}
                onChange={(value) => set({ state: value ?? '' })}
                w={{ base: '100%', xs: 160 }}
              />
            </div>
          )
        }
        empty={
          accounts.data?.length === 0 ? (
            <Empty icon={<IconBuilding />} title="Create the first account" action={button}>
              An account holds the API keys of one customer, or of one team of yours. Then create a key in it, or invite
              its owner.
            </Empty>
          ) : (
            <Empty
              icon={<IconSearch />}
              title="No account is like that"
              action={
                <Button variant="default" onClick={() => set({ q: '', state: '' })}>
                  Show all accounts
                </Button>
              }
            >
              Search for a part of its name, or for its id, in every state.
            </Empty>
          )
        }
        columns={[
          {
            name: 'Name',
            kind: 'head',
            cell: (account) => (
              <>
                <Link to="/a/$accountId" params={{ accountId: account.id }} className={css.link}>
                  {account.name}
                </Link>
                <div className={`kf-mono ${css.dimmed}`}>{account.id}</div>
              </>
            ),
          },
          { name: 'State', cell: (account) => <AccountState of={account} /> },
          { name: 'Created', cell: (account) => <Time at={account.created_at} /> },
          { name: 'Actions', kind: 'corner', cell: (account) => <AccountMenu account={account} /> },
        ]}
      />
      <Dialog opened={creating} onClose={() => setCreating(false)} title="Create account">
        {creating && <CreateAccount onClose={() => setCreating(false)} />}
      </Dialog>
    </Page>
  );
}
