import { Button, Group, Select } from '@mantine/core';
import { IconFilterOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { accountsQuery } from '@/api/queries.ts';
import type { AuditSearch } from '@/app/router.tsx';
import { TextFilter, TimeFilter } from '@/components/filter_fields.tsx';
import { unknownActor, useKnownActors } from './actors.ts';
import { actionGroups, actionsOf, actionText } from './audit_text.ts';

/** What the filter of an account's page leaves to choose, and what that of the instance does. */
export interface AuditFiltersProps {
  search: AuditSearch;
  accountId: string | undefined;
  onChange: (change: AuditSearch) => void;
}

export const auditRanges = [
  { value: '', label: 'Any time' },
  { value: '1h', label: 'Last hour' },
  { value: '24h', label: 'Last 24 hours' },
  { value: '7d', label: 'Last 7 days' },
  { value: '30d', label: 'Last 30 days' },
] as const;

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

const actionChoices = [
  { value: '', label: 'Any action' },
  ...actionGroups.map(({ name, kinds }) => ({
    group: name,
    items: kinds.flatMap(({ prefix, label }) => [
      { value: `${prefix}.*`, label },
      ...actionsOf(prefix).map((action) => ({ value: action, label: sentence(actionText(action)) })),
    ]),
  })),
];

const none: AuditSearch = {
  account_id: undefined,
  action: undefined,
  actor: undefined,
  outcome: undefined,
  subject: undefined,
  from: undefined,
  until: undefined,
  range: undefined,
};

export function AuditFilters({ search, accountId, onChange }: AuditFiltersProps) {
  const accounts = useQuery({ ...accountsQuery, enabled: accountId === undefined });
  const known = useKnownActors(accountId ?? search.account_id);
  const actors = new Map([...known, ['anonymous', unknownActor('anonymous')], ['system', 'Keyfence']]);
  if (search.actor && !actors.has(search.actor)) actors.set(search.actor, unknownActor(search.actor));
  const isFiltered = Object.entries(search).some(([name, value]) => value && name in none);
  return (
    <Group gap="xs" role="search" aria-label="Filter the log">
      <TimeFilter search={search} ranges={auditRanges} standard="" onChange={onChange} />
      {accountId === undefined && (
        <Select
          aria-label="Account"
          data={[
            { value: '', label: 'Any account' },
            ...(accounts.data ?? []).map(({ id, name }) => ({ value: id, label: name })),
          ]}
          value={search.account_id ?? ''}
          onChange={(account) => onChange({ account_id: account || undefined })}
          searchable={(accounts.data?.length ?? 0) > 7}
          w={{ base: 'calc(50% - 5px)', xs: 180 }}
        />
      )}
      <Select
        aria-label="Who"
        data={[{ value: '', label: 'Anyone' }, ...[...actors].map(([value, label]) => ({ value, label }))]}
        value={search.actor ?? ''}
        onChange={(actor) => onChange({ actor: actor || undefined })}
        searchable={actors.size > 7}
        w={{ base: 'calc(50% - 5px)', xs: 200 }}
      />
      <Select
        aria-label="Action"
        data={actionChoices}
        value={search.action ?? ''}
        onChange={(action) => onChange({ action: action || undefined })}
        searchable
        w={{ base: 'calc(50% - 5px)', xs: 240 }}
      />
      <Select
        aria-label="Outcome"
        data={[
          { value: '', label: 'Any outcome' },
          { value: 'done', label: 'Done' },
          { value: 'denied', label: 'Denied' },
        ]}
        value={search.outcome ?? ''}
        onChange={(outcome) => onChange({ outcome: outcome || undefined })}
        w={{ base: 'calc(50% - 5px)', xs: 140 }}
      />
      <TextFilter
        label="Id of what was changed"
        font="mono"
        value={search.subject ?? ''}
        onChange={(subject) => onChange({ subject: subject || undefined })}
      />
      {isFiltered && (
        <Button
          variant="subtle"
          leftSection={<IconFilterOff size={15} aria-hidden />}
          onClick={() => onChange({ ...none })}
        >
          Clear
        </Button>
      )}
    </Group>
  );
}
