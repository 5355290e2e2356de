import { Button, SegmentedControl } from '@mantine/core';
import { IconKey, IconPlus } from '@tabler/icons-react';
import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { ask } from '@/api/client.ts';
import { accountQuery, keysQuery, mayEdit, useMe } from '@/api/queries.ts';
import type { Page as ApiPage, AuditLine, Key, UsageTotal } from '@/api/types.ts';
import { Address, Empty, Loading, Note } from '@/components/bits.tsx';
import { Page, Panel } from '@/components/page.tsx';
import ui from '@/components/ui.module.css';
import { wholeListQuery } from '../allowlists/list_api.ts';
import { useActorName } from '../audit/actors.ts';
import { AuditRow } from '../audit/audit_row.tsx';
import { conditionOf } from '../keys/key_state.tsx';
import { Chart } from '../usage/chart.tsx';
import { ranges, spanOf } from '../usage/time_range.ts';
import { barsOf, summaryQuery } from '../usage/usage_api.ts';
import { Lines } from './lines.tsx';
import css from './overview.module.css';
import { UnusedEntries } from './unused_entries.tsx';

const route = getRouteApi('/shell/a/$accountId');
/** Each costs a reading of its list. */
const keysLookedAtMax = 100;

const times = (total: UsageTotal) => (
  <span className="kf-num">{total.denied === 1 ? 'once' : `${total.denied.toLocaleString('en')} times`}</span>
);

function OpenKeys({ accountId, keys }: { accountId: string; keys: Key[] }) {
  const account = useQuery({ ...wholeListQuery({ layer: 'account', id: accountId }), staleTime: 30_000 });
  const lists = useQueries({
    queries: keys.map((key) => ({ ...wholeListQuery({ layer: 'key', id: key.id }), staleTime: 30_000 })),
  });
  const isOpen = (list: { mode: string; entry_count: number; when_empty: string } | undefined) =>
    list !== undefined && (list.mode !== 'enforce' || (list.entry_count === 0 && list.when_empty === 'allow'));
  const open = keys.filter((_, index) => isOpen(lists[index]?.data?.list));
  const isRead = lists.every((list) => list.isSuccess || list.isError);
  return (
    <Panel title="Keys without a restriction of their own" padding="none">
      {account.data && !isOpen(account.data.list) && open.length > 0 && (
        <div className={css.quiet}>The account’s allowlist holds for them all the same.</div>
      )}
      <Lines
        empty="Every active key is held to addresses of its own."
        items={
          isRead
            ? open.slice(0, 6).map((key) => (
                <li key={key.id} className={css.line}>
                  <Link to="/a/$accountId/keys/$keyId" params={{ accountId, keyId: key.id }} className={ui.link}>
                    {key.name}
                  </Link>
                  <Link to="/a/$accountId/keys/$keyId" params={{ accountId, keyId: key.id }}>
                    Restrict it
                  </Link>
                </li>
              ))
            : undefined
        }
      />
    </Panel>
  );
}

export function OverviewPage() {
  const { accountId } = route.useParams();
  const me = useMe();
  const account = useQuery(accountQuery(accountId));
  const keys = useQuery(keysQuery(accountId));
  const [range, setRange] = useState<string>('24h');
  const [now] = useState(() => Date.now());
  const span = useMemo(() => spanOf({ range }, now), [range, now]);
  const filter = { account_id: accountId, from: span.from.toISOString() };
  const totals = useQuery({ ...summaryQuery(filter, 'time', span.bucketSeconds), placeholderData: keepPreviousData });
  const blocked = { ...filter, status: '403' };
  const byKey = useQuery({ ...summaryQuery(blocked, 'key'), placeholderData: keepPreviousData });
  const byAddress = useQuery({ ...summaryQuery(blocked, 'address'), placeholderData: keepPreviousData });
  const audit = useQuery({
    queryKey: ['audit-latest', accountId],
    queryFn: () => ask<ApiPage<AuditLine>>('GET', '/audit', { query: { account_id: accountId, limit: 6 } }),
  });
  const actorName = useActorName(accountId);
  const names = new Map((keys.data ?? []).map((key) => [key.id, key.name]));
  const active = (keys.data ?? []).filter((key) => conditionOf(key) === 'active').slice(0, keysLookedAtMax);
  const hasBlocked = (total: UsageTotal) => total.denied > 0 && total.group !== '';
  const search = { range, status: '403' };
  return (
    <Page
      title={account.data?.name ?? 'Overview'}
      width="wide"
      actions={
        <SegmentedControl
          aria-label="Span of time"
          data={ranges.map(({ value, label }) => ({
            value,
            label: label.replace('Last ', '').replace('hour', value === '1h' ? '1 hour' : 'hour'),
          }))}
          value={range}
          onChange={setRange}
        />
      }
    >
      {account.data?.state === 'suspended' && (
        <div style={{ marginBottom: 20 }}>
          <Note tone="bad" title="This account is suspended">
            Its keys are refused until the operator makes it active again.
          </Note>
        </div>
      )}
      {keys.data?.length === 0 && (
        <Panel label="First steps">
          <Empty
            icon={<IconKey />}
            title="Begin with a key"
            action={
              mayEdit(me, accountId) && (
                <Button
                  renderRoot={(props) => <Link to="/a/$accountId/keys/new" params={{ accountId }} {...props} />}
                  leftSection={<IconPlus size={16} aria-hidden />}
                >
                  Create key
                </Button>
              )
            }
          >
            Create an API key, name the addresses from which it may be used, and send a first request through the
            gateway. What it did shows here.
          </Empty>
        </Panel>
      )}
      <Panel
        title="Requests"
        aside={
          <Link to="/a/$accountId/usage" params={{ accountId }} search={{ range }}>
            Usage logs
          </Link>
        }
      >
        {totals.data ? (
          <Chart bars={barsOf(totals.data, span)} span={span} />
        ) : totals.isError ? (
          'The usage log cannot be read now.'
        ) : (
          <Loading />
        )}
      </Panel>
      <div className={css.grid}>
        <Panel title="Blocked, by address" padding="none">
          <Lines
            empty="No request was blocked in this time."
            items={byAddress.data
              ?.filter(hasBlocked)
              .slice(0, 6)
              .map((total) => (
                <li key={total.group} className={css.line}>
                  <Link
                    to="/a/$accountId/usage"
                    params={{ accountId }}
                    search={{ ...search, address: total.group }}
                    className={ui.link}
                  >
                    <Address of={total.group} />
                  </Link>
                  {times(total)}
                </li>
              ))}
          />
        </Panel>
        <Panel title="Blocked, by key" padding="none">
          <Lines
            empty="No request was blocked in this time."
            items={byKey.data
              ?.filter(hasBlocked)
              .slice(0, 6)
              .map((total) => (
                <li key={total.group} className={css.line}>
                  <Link
                    to="/a/$accountId/usage"
                    params={{ accountId }}
                    search={{ ...search, key_id: total.group }}
                    className={ui.link}
                  >
                    {names.get(total.group) ?? <span className="kf-mono">{total.group}</span>}
                  </Link>
                  {times(total)}
                </li>
              ))}
          />
        </Panel>
        {active.length > 0 && <OpenKeys accountId={accountId} keys={active} />}
        {active.length > 0 && <UnusedEntries accountId={accountId} keys={active} />}
        <Panel
          title="What changed lately"
          padding="none"
          aside={
            <Link to="/a/$accountId/audit" params={{ accountId }}>
              Audit log
            </Link>
          }
        >
          <Lines
            empty="Nothing yet."
            items={audit.data?.items.map((line) => <AuditRow key={line.id} line={line} actorName={actorName} />)}
          />
        </Panel>
      </div>
    </Page>
  );
}
