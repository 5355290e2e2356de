import { ActionIcon, Button, Group, Popover, Select, Stack, TextInput, Tooltip } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconFilterOff, IconRefresh } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { keysQuery } from '@/api/queries.ts';
import type { UsageSearch } from '@/app/router.tsx';
import { localTime } from '../allowlists/entry_form.tsx';
import { reasonText } from '../decisions/reasons.ts';
import { ranges } from './time_range.ts';

interface FiltersProps {
  search: UsageSearch;
  accountId: string | undefined;
  onChange: (change: UsageSearch) => void;
  onRefresh: () => void;
}

const any = (label: string) => ({ value: '', label });
const statuses = [
  any('Any status'),
  { value: '2xx', label: '2xx, success' },
  { value: '4xx', label: '4xx, refused' },
  { value: '401', label: '401, bad key' },
  { value: '403', label: '403, blocked' },
  { value: '5xx', label: '5xx, failed' },
];
const methods = [any('Any method'), ...['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']];
const reasons = [any('Any reason'), ...Object.entries(reasonText).map(([value, { name }]) => ({ value, label: name }))];

function TextFilter({
  label,
  value,
  onChange,
  mono,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  mono?: boolean;
}) {
  const [typed, setTyped] = useState(value);
  const settle = useDebouncedCallback(onChange, 400);
  useEffect(() => setTyped(value), [value]);
  return (
    <TextInput
      aria-label={label}
      placeholder={label}
      value={typed}
      spellCheck={false}
      styles={mono && typed !== '' ? { input: { fontFamily: 'var(--mantine-font-family-monospace)' } } : undefined}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        settle(event.currentTarget.value.trim());
      }}
      w={{ base: 'calc(50% - 5px)', xs: 190 }}
    />
  );
}

const rangeText = (search: UsageSearch): string => {
  if (!search.from && !search.until)
    return ranges.find((range) => range.value === (search.range ?? '24h'))?.label ?? '';
  const text = (time: string | undefined) => (time ? localTime(time).replace('T', ' ') : '…');
  return `${text(search.from)} to ${search.until ? text(search.until) : 'now'}`;
};

function TimeFilter({ search, onChange }: Pick<FiltersProps, 'search' | 'onChange'>) {
  const [opened, setOpened] = useState(false);
  const time = (value: string) => (value === '' ? undefined : new Date(value).toISOString());
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-start" shadow="md" trapFocus>
      <Popover.Target>
        <Button variant="default" onClick={() => setOpened(!opened)} aria-label={`Time: ${rangeText(search)}`}>
          {rangeText(search)}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label="Span of time">
        <Stack gap="sm">
          <Group gap="xs">
            {ranges.map((range) => (
              <Button
                key={range.value}
                size="compact-sm"
                variant={!search.from && (search.range ?? '24h') === range.value ? 'filled' : 'default'}
                onClick={() => {
                  onChange({ range: range.value, from: undefined, until: undefined });
                  setOpened(false);
                }}
              >
                {range.label}
              </Button>
            ))}
          </Group>
          <Group gap="xs">
            <TextInput
              type="datetime-local"
              label="From"
              value={localTime(search.from)}
              onChange={(event) => onChange({ from: time(event.currentTarget.value) })}
            />
            <TextInput
              type="datetime-local"
              label="Until"
              value={localTime(search.until)}
              onChange={(event) => onChange({ until: time(event.currentTarget.value) })}
            />
          </Group>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}

export function Filters({ search, accountId, onChange, onRefresh }: FiltersProps) {
  const keys = useQuery({ ...keysQuery(accountId ?? ''), enabled: accountId !== undefined });
  const active = Object.entries(search).some(([name, value]) => value && name !== 'open' && name !== 'range');
  const select = (
    name: keyof UsageSearch,
    label: string,
    data: (string | { value: string; label: string })[],
    width: number,
  ) => (
    <Select
      aria-label={label}
      data={data}
      value={search[name] ?? ''}
      onChange={(value) => onChange({ [name]: value || undefined })}
      searchable={data.length > 8}
      w={{ base: 'calc(50% - 5px)', xs: width }}
    />
  );
  return (
    <Group gap="xs" role="search" aria-label="Filter the log">
      <TimeFilter search={search} onChange={onChange} />
      {accountId !== undefined &&
        select(
          'key_id',
          'Key',
          [any('Any key'), ...(keys.data ?? []).map(({ id, name }) => ({ value: id, label: name }))],
          170,
        )}
      {select('status', 'Status', statuses, 140)}
      {select('reason', 'Reason', reasons, 200)}
      {select('method', 'Method', methods, 130)}
      <TextFilter
        label="Address, CIDR or range"
        mono
        value={search.address ?? ''}
        onChange={(address) => onChange({ address: address || undefined })}
      />
      <TextFilter
        label="Path begins with"
        value={search.path_prefix ?? ''}
        onChange={(path) => onChange({ path_prefix: path || undefined })}
      />
      <TextFilter
        label="Request id"
        mono
        value={search.request_id ?? ''}
        onChange={(id) => onChange({ request_id: id || undefined })}
      />
      {active && (
        <Button
          variant="subtle"
          leftSection={<IconFilterOff size={15} aria-hidden />}
          onClick={() =>
            onChange({
              key_id: undefined,
              status: undefined,
              reason: undefined,
              method: undefined,
              address: undefined,
              layer: undefined,
              path_prefix: undefined,
              request_id: undefined,
              from: undefined,
              until: undefined,
            })
          }
        >
          Clear
        </Button>
      )}
      <Tooltip label="Read again">
        <ActionIcon aria-label="Read again" onClick={onRefresh} size="lg">
          <IconRefresh size={17} />
        </ActionIcon>
      </Tooltip>
    </Group>
  );
}
