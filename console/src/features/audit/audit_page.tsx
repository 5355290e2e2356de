import { Button, Group } from '@mantine/core';
import { IconHistory, IconRefresh } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { ask, type Query } from '@/api/client.ts';
import { accountsQuery } from '@/api/queries.ts';
import type { Page as ApiPage, AuditLine } from '@/api/types.ts';
import type { AuditSearch } from '@/app/router.tsx';
import { Empty, Loading, Problem } from '@/components/bits.tsx';
import { ExportButton } from '@/components/export_button.tsx';
import { Page, Panel } from '@/components/page.tsx';
import { useActorName } from './actors.ts';
import css from './audit.module.css';
import { AuditFilters } from './audit_filters.tsx';
import { AuditRow } from './audit_row.tsx';

const rangeSeconds: Record<string, number> = { '1h': 3_600, '24h': 86_400, '7d': 604_800, '30d': 2_592_000 };

/** The filter as the API takes it. */
function filterOf(search: AuditSearch, accountId: string | undefined, now: number): Query {
  const { range, open: _open, from, ...fields } = search;
  const seconds = rangeSeconds[range ?? ''];
  const start = from ?? (search.until || !seconds ? undefined : new Date(now - seconds * 1000).toISOString());
  return { ...fields, from: start, account_id: accountId ?? search.account_id };
}

interface AuditListProps {
  accountId: string | undefined;
  search: AuditSearch;
  onSearch: (change: AuditSearch) => void;
}

function AuditList({ accountId, search, onSearch }: AuditListProps) {
  const [now, setNow] = useState(() => Date.now());
  const filter = useMemo(() => filterOf(search, accountId, now), [search, accountId, now]);
  const actorName = useActorName(accountId ?? search.account_id);
  const accounts = useQuery({ ...accountsQuery, enabled: accountId === undefined });
  const accountNames = useMemo(() => new Map((accounts.data ?? []).map(({ id, name }) => [id, name])), [accounts.data]);
  const lines = useInfiniteQuery({
    queryKey: ['audit', filter],
    initialPageParam: null as string | null,
    placeholderData: keepPreviousData,
    queryFn: ({ pageParam, signal }) =>
      ask<ApiPage<AuditLine>>('GET', '/audit', { query: { ...filter, after: pageParam, limit: 100 }, signal }),
    getNextPageParam: (page) => page.next,
  });
  const all = lines.data?.pages.flatMap((page) => page.items) ?? [];
  const isFiltered = Object.entries(filter).some(
    ([name, value]) => value && (name !== 'account_id' || accountId === undefined),
  );
  return (
    <>
      <Panel label="Filter">
        <AuditFilters search={search} accountId={accountId} onChange={onSearch} />
      </Panel>
      <Panel padding="none" label="Changes, newest first">
        <div className={css.bar}>
          <Button
            variant="subtle"
            color="gray"
            leftSection={<IconRefresh size={15} aria-hidden />}
            onClick={() => {
              setNow(Date.now());
              void lines.refetch();
            }}
          >
            Read again
          </Button>
          <Group gap="xs">
            <ExportButton of="/audit" kind="csv" filter={filter} />
            <ExportButton of="/audit" kind="jsonl" filter={filter} />
          </Group>
        </div>
        {lines.isPending && <Loading label="Reading the audit log" />}
        {lines.isError && (
          <div className={css.problem}>
            <Problem error={lines.error} title="The audit log could not be read" />
          </div>
        )}
        {lines.isSuccess && all.length === 0 && (
          <Empty icon={<IconHistory />} title={isFiltered ? 'No change is like that' : 'Nothing has changed yet'}>
            {isFiltered
              ? 'Clear a filter, or look at a longer time.'
              : 'Every change of keys, lists, members and settings is written here, with what stood before and after.'}
          </Empty>
        )}
        {all.length > 0 && (
          <ul className={css.list} aria-label="Changes">
            {all.map((line) => (
              <AuditRow
                key={line.id}
                line={line}
                actorName={actorName}
                accountName={accountId === undefined ? (id) => accountNames.get(id) ?? id : undefined}
                opened={{
                  open: search.open === line.id,
                  onToggle: () => onSearch({ open: search.open === line.id ? undefined : line.id }),
                }}
              />
            ))}
          </ul>
        )}
        {lines.hasNextPage && (
          <div className={css.more}>
            <Button variant="default" onClick={() => lines.fetchNextPage()} loading={lines.isFetchingNextPage}>
              Show older changes
            </Button>
          </div>
        )}
      </Panel>
    </>
  );
}

const accountRoute = getRouteApi('/shell/a/$accountId/audit');
const instanceRoute = getRouteApi('/shell/operator/audit');

export function AccountAuditPage() {
  const { accountId } = accountRoute.useParams();
  const search = accountRoute.useSearch();
  const navigate = useNavigate();
  return (
    <Page
      title="Audit log"
      lede="Who changed what in this account, when and from where. Written in the same transaction as the change itself."
      width="wide"
    >
      <AuditList
        accountId={accountId}
        search={search}
        onSearch={(change) =>
          void navigate({
            to: '/a/$accountId/audit',
            params: { accountId },
            search: { ...search, ...change },
            replace: true,
            resetScroll: false,
          })
        }
      />
    </Page>
  );
}

export function InstanceAuditPage() {
  const search = instanceRoute.useSearch();
  const navigate = useNavigate();
  return (
    <Page title="All changes" lede="The audit log of the whole instance, every account included." width="wide">
      <AuditList
        accountId={undefined}
        search={search}
        onSearch={(change) =>
          void navigate({
            to: '/operator/audit',
            search: { ...search, ...change },
            replace: true,
            resetScroll: false,
          })
        }
      />
    </Page>
  );
}
