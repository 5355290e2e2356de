import { Group, Switch } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconActivity } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import { keysQuery } from '@/api/queries.ts';
import type { UsageTotal } from '@/api/types.ts';
import type { UsageSearch } from '@/app/router.tsx';
import { Empty, Loading, Problem } from '@/components/bits.tsx';
import { ExportButton } from '@/components/export_button.tsx';
import { Page, Panel } from '@/components/page.tsx';
import { Kept } from '../allowlists/kept.tsx';
import { VirtualRows } from '../allowlists/virtual_rows.tsx';
import { Chart } from './chart.tsx';
import { Filters } from './filters.tsx';
import { RecordPanel } from './record_panel.tsx';
import { RecordRow, RowHead } from './record_row.tsx';
import { type Span, spanOf } from './time_range.ts';
import css from './usage.module.css';
import { barsOf, filterOf, liveQuery, summaryQuery, usageQuery } from './usage_api.ts';

interface UsageViewProps {
  accountId: string | undefined;
  search: UsageSearch;
  onSearch: (change: UsageSearch) => void;
}

interface TotalsProps {
  of: UsageTotal[];
  span: Span;
  live: boolean;
  onSearch: UsageViewProps['onSearch'];
}

function Totals({ of, span, live, onSearch }: TotalsProps) {
  const shown = live ? { ...span, until: new Date() } : span;
  const pick = (from: Date, until: Date) => onSearch({ from: from.toISOString(), until: until.toISOString() });
  return <Chart bars={barsOf(of, shown)} span={shown} onPick={span.bucketSeconds > 1 ? pick : undefined} />;
}

function UsageView({ accountId, search, onSearch }: UsageViewProps) {
  const [now, setNow] = useState(() => Date.now());
  const [live, setLive] = useState(false);
  const filter = useMemo(() => filterOf(search, accountId, now, live), [search, accountId, now, live]);
  const span = useMemo(() => spanOf(search, now), [search, now]);
  const older = useInfiniteQuery({ ...usageQuery(filter), enabled: !live, placeholderData: keepPreviousData });
  const newest = useQuery(liveQuery(filter, live));
  const totals = useQuery({
    ...summaryQuery(filter, 'time', span.bucketSeconds),
    placeholderData: keepPreviousData,
    refetchInterval: live ? 5_000 : false,
  });
  const keys = useQuery({ ...keysQuery(accountId ?? ''), enabled: accountId !== undefined });
  const keyNames = useMemo(() => new Map((keys.data ?? []).map((key) => [key.id, key.name])), [keys.data]);
  const newestItems = newest.data?.items;
  const olderPages = older.data?.pages;
  const records = useMemo(
    () => (live ? newestItems : olderPages?.flatMap((page) => page.items)) ?? [],
    [live, newestItems, olderPages],
  );
  // The same ones while they show the same: a new one has tens of thousands of rows placed, or a chart drawn, anew.
  const keyOf = useCallback((index: number) => records[index]!.request_id + records[index]!.time, [records]);
  const isWide = useMediaQuery('(min-width: 62.01em)', true);
  const source = live ? newest : older;
  const readOn = useCallback(() => {
    if (!live && older.hasNextPage && !older.isFetchingNextPage) void older.fetchNextPage();
  }, [live, older]);
  const isFiltered = Object.keys(filter).some(
    (name) => !['account_id', 'from', 'until'].includes(name) && filter[name],
  );
  return (
    <>
      <Panel label="Filter">
        <Filters search={search} accountId={accountId} onChange={onSearch} onRefresh={() => setNow(Date.now())} />
      </Panel>
      <Panel label="Requests over time">
        {totals.data ? (
          <Kept
            by={[totals.data, span, live]}
            make={() => <Totals of={totals.data} span={span} live={live} onSearch={onSearch} />}
          />
        ) : totals.isError ? (
          <Problem error={totals.error} />
        ) : (
          <Loading />
        )}
      </Panel>
      <Panel padding="none" label="Requests">
        <div className={css.bar}>
          <Switch
            label="Follow live"
            checked={live}
            onChange={(event) => {
              setLive(event.currentTarget.checked);
              setNow(Date.now());
            }}
          />
          <Group gap="xs">
            <ExportButton of="/usage" kind="csv" filter={filter} />
          </Group>
        </div>
        {source.isError && <Problem error={source.error} title="The log could not be read" />}
        {source.isPending && <Loading label="Reading the log" />}
        {source.isSuccess && records.length === 0 && (
          <Empty icon={<IconActivity />} title={isFiltered ? 'No request is like that' : 'No requests in this time'}>
            {isFiltered
              ? 'Clear a filter, or look at a longer time.'
              : 'Requests show here within a second or so of their answer, blocked ones included.'}
          </Empty>
        )}
        {records.length > 0 && (
          <>
            <RowHead />
            <VirtualRows
              count={records.length}
              label="Requests, newest first"
              rowHeight={46}
              sizing={isWide ? 'fixed' : 'measured'}
              keyOf={keyOf}
              onEnd={readOn}
              render={({ index, style, measure, detail }) => {
                const record = records[index]!;
                return (
                  <RecordRow
                    key={record.request_id + record.time}
                    record={record}
                    keyName={record.key_id ? keyNames.get(record.key_id) : undefined}
                    open={search.open === record.request_id}
                    onOpen={() => onSearch({ open: record.request_id })}
                    style={style}
                    measure={measure}
                    index={index}
                    detail={detail}
                  />
                );
              }}
            />
          </>
        )}
      </Panel>
      <RecordPanel
        requestId={search.open}
        known={search.open ? records.find((record) => record.request_id === search.open) : undefined}
        accountId={accountId}
        onClose={() => onSearch({ open: undefined })}
      />
    </>
  );
}

const accountRoute = getRouteApi('/shell/a/$accountId/usage');
const instanceRoute = getRouteApi('/shell/operator/usage');

export function AccountUsagePage() {
  const { accountId } = accountRoute.useParams();
  const search = accountRoute.useSearch();
  const navigate = useNavigate();
  const onSearch = (change: UsageSearch) =>
    void navigate({
      to: '/a/$accountId/usage',
      params: { accountId },
      search: { ...search, ...change },
      replace: !('open' in change),
    });
  return (
    <Page
      title="Usage logs"
      lede="Every request that showed a key of this account, blocked ones included."
      width="wide"
    >
      <UsageView accountId={accountId} search={search} onSearch={onSearch} />
    </Page>
  );
}

export function InstanceUsagePage() {
  const search = instanceRoute.useSearch();
  const navigate = useNavigate();
  const onSearch = (change: UsageSearch) =>
    void navigate({ to: '/operator/usage', search: { ...search, ...change }, replace: !('open' in change) });
  return (
    <Page
      title="All usage"
      lede="Every request that reached a gateway, of every account, and those without a known key."
      width="wide"
    >
      <UsageView accountId={undefined} search={search} onSearch={onSearch} />
    </Page>
  );
}
