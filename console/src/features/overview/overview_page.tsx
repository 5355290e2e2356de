// An account at a glance. The frame and the chart come first; the panels beneath follow one by one.
import { IconKey, IconPlus } from '@tabler/icons-react';
import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { lazy, memo, Suspense, useDeferredValue, useMemo, useState } from 'react';
import { ask } from '@/api/client.ts';
import { accountQuery, mayEdit, useMe } from '@/api/queries.ts';
import type { Page as ApiPage, Key } from '@/api/types.ts';
import { Empty, Loading, Note } from '@/components/bits.tsx';
import { Later } from '@/components/later.tsx';
import { Page, Panel } from '@/components/page.tsx';
import { plainButton, Segments } from '@/components/plain.tsx';
import { Chart } from '../usage/chart.tsx';
import { ranges, spanOf } from '../usage/time_range.ts';
import { barsOf, summaryQuery } from '../usage/usage_api.ts';
import css from './overview.module.css';

const route = getRouteApi('/shell/a/$accountId');

const panels = () => import('./overview_panels.tsx');
type Panels = Awaited<ReturnType<typeof panels>>;
const panel = <Name extends keyof Panels>(name: Name) => lazy(async () => ({ default: (await panels())[name] }));
const BlockedByAddress = panel('BlockedByAddress');
const BlockedByKey = panel('BlockedByKey');
const OpenKeys = panel('OpenKeys');
const UnusedEntries = panel('UnusedEntries');
const LatestChanges = panel('LatestChanges');

const spans = ranges.map(({ value, label }) => ({
  value,
  label: label.replace('Last ', '').replace('hour', value === '1h' ? '1 hour' : 'hour'),
}));

/** Whether there is one, and no more. */
const firstKeyQuery = (accountId: string) =>
  queryOptions({
    queryKey: ['keys', accountId, 'first'],
    queryFn: () => ask<ApiPage<Key>>('GET', `/accounts/${accountId}/keys`, { query: { limit: 1 } }),
  });

const FirstSteps = ({ accountId, mayCreate }: { accountId: string; mayCreate: boolean }) => (
  <Panel label="First steps">
    <Empty
      icon={<IconKey />}
      title="Begin with a key"
      action={
        mayCreate && (
          <Link to="/a/$accountId/keys/new" params={{ accountId }} className={plainButton}>
            <IconPlus size={16} aria-hidden />
            Create key
          </Link>
        )
      }
    >
      Create an API key, name the addresses from which it may be used, and send a first request through the gateway.
      What it did shows here.
    </Empty>
  </Panel>
);

const meanwhile = <section className={css.waiting} aria-hidden />;

const Requests = memo(({ accountId, range }: { accountId: string; range: string }) => {
  const me = useMe();
  const firstKey = useQuery(firstKeyQuery(accountId));
  const [now] = useState(() => Date.now());
  const span = useMemo(() => spanOf({ range }, now), [range, now]);
  const filter = { account_id: accountId, from: span.from.toISOString() };
  const totals = useQuery({ ...summaryQuery(filter, 'time', span.bucketSeconds), placeholderData: keepPreviousData });
  const hasKeys = firstKey.data !== undefined && firstKey.data.items.length > 0;
  const blocked = { accountId, range, filter };
  return (
    <>
      {firstKey.data?.items.length === 0 && <FirstSteps accountId={accountId} mayCreate={mayEdit(me, accountId)} />}
      <Panel
        title="Requests"
        aside={
          <Link to="/a/$accountId/usage" params={{ accountId }} search={{ range }}>
            Usage logs
          </Link>
        }
      >
        <div className={css.requests}>
          {totals.data ? (
            <Later>{() => <Chart bars={barsOf(totals.data, span)} span={span} />}</Later>
          ) : totals.isError ? (
            'The usage log cannot be read now.'
          ) : (
            <Loading />
          )}
        </div>
      </Panel>
      <Suspense>
        <div className={css.grid}>
          <Later meanwhile={meanwhile}>{() => <BlockedByAddress {...blocked} />}</Later>
          <Later meanwhile={meanwhile}>{() => <BlockedByKey {...blocked} />}</Later>
          {hasKeys && <Later meanwhile={meanwhile}>{() => <OpenKeys accountId={accountId} />}</Later>}
          {hasKeys && <Later meanwhile={meanwhile}>{() => <UnusedEntries accountId={accountId} />}</Later>}
          <Later meanwhile={meanwhile}>{() => <LatestChanges accountId={accountId} />}</Later>
        </div>
      </Suspense>
    </>
  );
});

export function OverviewPage() {
  const { accountId } = route.useParams();
  const account = useQuery(accountQuery(accountId));
  const [range, setRange] = useState<string>('24h');
  return (
    <Page
      title={account.data?.name ?? 'Overview'}
      width="wide"
      actions={<Segments label="Span of time" choices={spans} value={range} onChange={setRange} />}
    >
      {account.data?.state === 'suspended' && (
        <div style={{ marginBottom: 20 }}>
          <Note tone="bad" title="This account is suspended">
            Its keys are refused until the operator makes it active again.
          </Note>
        </div>
      )}
      {/* The choice shows at once, what it asks for follows. */}
      <Requests accountId={accountId} range={useDeferredValue(range)} />
    </Page>
  );
}
