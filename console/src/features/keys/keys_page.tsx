import { Button, Pagination, Select, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconKey, IconPlus, IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { keysFoundQuery, keysQuery, keysReadMax, mayEdit, useMe } from '@/api/queries.ts';
import type { Key } from '@/api/types.ts';
import { Empty, Loading } from '@/components/bits.tsx';
import { Page } from '@/components/page.tsx';
import { type Column, TablePanel } from '@/components/table_panel.tsx';
import { Time } from '@/components/time.tsx';
import css from '@/components/ui.module.css';
import { KeyActions } from './key_actions.tsx';
import { conditionOf, KeyState } from './key_state.tsx';
import { LastUsed } from './last_used.tsx';
import { Restriction, restrictionOf } from './restriction.tsx';

const route = getRouteApi('/shell/a/$accountId/keys');
const rowsPerPage = 50;

interface KeysSearch {
  q?: string;
  state?: string;
  restriction?: string;
}

const states = [
  { value: '', label: 'Every state' },
  { value: 'active', label: 'Active' },
  { value: 'disabled', label: 'Disabled' },
  { value: 'expired', label: 'Expired' },
  { value: 'revoked', label: 'Revoked' },
];

const restrictions = [
  { value: '', label: 'Any restriction' },
  { value: 'none', label: 'Without restriction' },
  { value: 'some', label: 'Restricted' },
];

const NewKeyButton = ({ accountId }: { accountId: string }) => (
  <Button
    renderRoot={(props) => <Link to="/a/$accountId/keys/new" params={{ accountId }} {...props} />}
    leftSection={<IconPlus size={16} aria-hidden />}
  >
    Create key
  </Button>
);

const columns: Column<Key>[] = [
  {
    name: 'Name',
    kind: 'head',
    cell: (key) => (
      <>
        <Link to="/a/$accountId/keys/$keyId" params={{ accountId: key.account_id, keyId: key.id }} className={css.link}>
          {key.name}
        </Link>
        <div className={`kf-mono ${css.dimmed}`}>{key.hint === '' ? 'imported' : key.hint}</div>
      </>
    ),
  },
  { name: 'State', cell: (key) => <KeyState of={key} /> },
  { name: 'Allowed from', cell: (key) => <Restriction of={key.allowlist} /> },
  { name: 'Last used', cell: (key) => <LastUsed of={key} /> },
  { name: 'Created', cell: (key) => <Time at={key.created_at} /> },
  { name: 'Actions', kind: 'corner', cell: (key) => <KeyActions of={key} place="list" /> },
];

export function KeysPage() {
  const { accountId } = route.useParams();
  const { q = '', state = '', restriction = '' } = route.useSearch();
  const me = useMe();
  const navigate = useNavigate();
  const keys = useQuery(keysQuery(accountId));
  const [page, setPage] = useState(1);
  const set = (change: KeysSearch) => {
    setPage(1);
    void navigate({
      to: '/a/$accountId/keys',
      params: { accountId },
      search: (before: KeysSearch) => ({ ...before, ...change }),
      replace: true,
    });
  };
  const wanted = q.trim().toLowerCase();
  // Of an account with more keys than are read at once, the API looks for those that are wanted.
  const isCut = (keys.data?.length ?? 0) >= keysReadMax;
  const [settled] = useDebouncedValue(q.trim(), 300);
  const isFiltered = wanted !== '' || state !== '' || restriction !== '';
  const named = useQuery({
    ...keysFoundQuery(accountId, { name: settled, state, restriction }),
    enabled: isCut && isFiltered,
  });
  const looked = isCut && isFiltered ? (named.data ?? []) : (keys.data ?? []);
  const found = looked
    .filter((key) => state === '' || conditionOf(key) === state)
    .filter((key) => restriction === '' || !key.allowlist || restrictionOf(key.allowlist) === restriction)
    .filter((key) => `${key.name} ${key.description} ${key.id} ${key.hint}`.toLowerCase().includes(wanted))
    .toReversed();
  const editable = mayEdit(me, accountId);
  return (
    <Page
      title="API keys"
      lede="Each key can be held to the addresses that you name. Blocked requests stand in the usage logs, with the reason."
      actions={editable && <NewKeyButton accountId={accountId} />}
    >
      <TablePanel
        label="Keys"
        query={keys}
        problemTitle="The keys could not be read"
        rows={keys.data && found.slice((page - 1) * rowsPerPage, page * rowsPerPage)}
        keyOf={(key) => key.id}
        nameOf={(key) => key.name}
        columns={columns}
        tools={
          keys.data &&
          keys.data.length > 0 && (
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
              <Select
                aria-label="Restriction"
                data={restrictions}
                value={restriction}
                onChange={(value) => set({ restriction: value ?? '' })}
                w={{ base: '100%', xs: 190 }}
              />
              {isCut && !isFiltered && (
                <Text size="sm" c="dimmed">
                  The first {keysReadMax.toLocaleString('en')} keys; search to find the others.
                </Text>
              )}
            </div>
          )
        }
        empty={
          keys.data?.length === 0 ? (
            <Empty icon={<IconKey />} title="No keys yet" action={editable && <NewKeyButton accountId={accountId} />}>
              Create the first one, say from which addresses it may be used, and put its secret into your program.
            </Empty>
          ) : isCut && (named.isFetching || settled !== q.trim()) ? (
            <Loading label="Looking for it" />
          ) : (
            <Empty
              icon={<IconSearch />}
              title="No key is like that"
              action={
                <Button variant="default" onClick={() => set({ q: '', state: '', restriction: '' })}>
                  Show all keys
                </Button>
              }
            >
              There are keys, none with this name, state and restriction.
            </Empty>
          )
        }
        foot={
          found.length > rowsPerPage && (
            <div className={css.panelFoot}>
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
          )
        }
      />
    </Page>
  );
}
