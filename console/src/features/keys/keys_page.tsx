import { Button, Pagination, Select, TextInput, VisuallyHidden } from '@mantine/core';
import { IconKey, IconPlus, IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { keysQuery, mayEdit, useMe } from '@/api/queries.ts';
import type { Key } from '@/api/types.ts';
import { Empty, Loading, Problem } from '@/components/bits.tsx';
import { Page, Panel } from '@/components/page.tsx';
import { Time } from '@/components/time.tsx';
import css from '@/components/ui.module.css';
import { KeyActions } from './key_actions.tsx';
import { conditionOf, KeyState } from './key_state.tsx';
import { LastUsed } from './last_used.tsx';
import { Restriction } from './restriction.tsx';

const route = getRouteApi('/shell/a/$accountId/keys');
const rowsPerPage = 50;

const states = [
  { value: '', label: 'Every state' },
  { value: 'active', label: 'Active' },
  { value: 'disabled', label: 'Disabled' },
  { value: 'expired', label: 'Expired' },
  { value: 'revoked', label: 'Revoked' },
];

const NewKeyButton = ({ accountId }: { accountId: string }) => (
  <Button
    renderRoot={(props) => <Link to="/a/$accountId/keys/new" params={{ accountId }} {...props} />}
    leftSection={<IconPlus size={16} aria-hidden />}
  >
    Create key
  </Button>
);

function KeyTable({ keys }: { keys: Key[] }) {
  return (
    <table className={`${css.table} ${css.stack}`}>
      <thead>
        <tr>
          <th>Name</th>
          <th>State</th>
          <th>Allowed from</th>
          <th>Last used</th>
          <th>Created</th>
          <th>
            <VisuallyHidden>Actions</VisuallyHidden>
          </th>
        </tr>
      </thead>
      <tbody>
        {keys.map((key) => (
          <tr key={key.id} data-key={key.name}>
            <td>
              <div>
                <Link
                  to="/a/$accountId/keys/$keyId"
                  params={{ accountId: key.account_id, keyId: key.id }}
                  className={css.link}
                >
                  {key.name}
                </Link>
                <div className="kf-mono" style={{ color: 'var(--mantine-color-dimmed)' }}>
                  {key.hint === '' ? 'imported' : key.hint}
                </div>
              </div>
            </td>
            <td data-label="State">
              <KeyState of={key} />
            </td>
            <td data-label="Allowed from">
              <Restriction keyId={key.id} />
            </td>
            <td data-label="Last used">
              <LastUsed keyId={key.id} />
            </td>
            <td data-label="Created">
              <Time at={key.created_at} />
            </td>
            <td className={`${css.end} ${css.corner}`}>
              <KeyActions of={key} place="list" />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function KeysPage() {
  const { accountId } = route.useParams();
  const { q = '', state = '' } = route.useSearch();
  const me = useMe();
  const navigate = useNavigate();
  const keys = useQuery(keysQuery(accountId));
  const [page, setPage] = useState(1);
  const set = (change: { q?: string; state?: string }) => {
    setPage(1);
    void navigate({
      to: '/a/$accountId/keys',
      params: { accountId },
      search: (before: { q?: string; state?: string }) => ({ ...before, ...change }),
      replace: true,
    });
  };
  const wanted = q.trim().toLowerCase();
  const found = (keys.data ?? [])
    .filter((key) => state === '' || conditionOf(key) === state)
    .filter((key) => `${key.name} ${key.description} ${key.id} ${key.hint}`.toLowerCase().includes(wanted))
    .toReversed();
  const editable = mayEdit(me, accountId);
  return (
    <Page
      title="API keys"
      lede="Each key can be held to the addresses that you name. Blocked requests stand in the usage logs, with the reason."
      actions={editable && <NewKeyButton accountId={accountId} />}
    >
      {keys.isPending && <Loading label="Reading the keys" />}
      {keys.isError && <Problem error={keys.error} title="The keys could not be read" />}
      {keys.data?.length === 0 && (
        <Panel label="No keys">
          <Empty icon={<IconKey />} title="No keys yet" action={editable && <NewKeyButton accountId={accountId} />}>
            Create the first one, say from which addresses it may be used, and put its secret into your program.
          </Empty>
        </Panel>
      )}
      {keys.data && keys.data.length > 0 && (
        <Panel padding="none" label="Keys">
          <div className={css.panelHead} style={{ justifyContent: 'flex-start' }}>
            <TextInput
              aria-label="Search keys"
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
          {found.length === 0 ? (
            <Empty
              icon={<IconSearch />}
              title="No key is like that"
              action={
                <Button variant="default" onClick={() => set({ q: '', state: '' })}>
                  Show all keys
                </Button>
              }
            >
              {keys.data.length} keys are there, none with this name and state.
            </Empty>
          ) : (
            <div className={css.scroll}>
              <KeyTable keys={found.slice((page - 1) * rowsPerPage, page * rowsPerPage)} />
            </div>
          )}
          {found.length > rowsPerPage && (
            <div className={css.panelHead} style={{ borderBottom: 0, borderTop: '1px solid var(--kf-line)' }}>
              <span className="kf-num">{found.length.toLocaleString('en')} keys</span>
              <Pagination
                value={page}
                onChange={setPage}
                total={Math.ceil(found.length / rowsPerPage)}
                size="sm"
                getControlProps={(control) => ({ 'aria-label': `${control} page` })}
                getItemProps={(number) => ({ 'aria-label': `Page ${number}` })}
              />
            </div>
          )}
        </Panel>
      )}
    </Page>
  );
}
