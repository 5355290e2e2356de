import { ActionIcon, Button, Group, Select, Tooltip } from '@mantine/core';
import { IconFilterOff, IconRefresh } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { keysQuery } from '@/api/queries.ts';
import type { UsageSearch } from '@/app/router.tsx';
import { TextFilter, TimeFilter } from '@/components/filter_fields.tsx';
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
      <TimeFilter search={search} ranges={ranges} standard="24h" onChange={onChange} />
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
        font="mono"
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
        font="mono"
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
