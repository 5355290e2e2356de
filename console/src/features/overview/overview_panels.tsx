// What stands beneath the chart.
import { keepPreviousData, queryOptions, useQueries, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ask, type Query } from '@/api/client.ts';
import { keyQuery } from '@/api/queries.ts';
import type { AuditLine, Key, Page, UnusedEntry, UsageTotal } from '@/api/types.ts';
import { Address } from '@/components/bits.tsx';
import { Panel } from '@/components/page.tsx';
import { Time } from '@/components/time.tsx';
import ui from '@/components/ui.module.css';
import { shortForm } from '@/net/range.ts';
import { listSummaryQuery } from '../allowlists/list_api.ts';
import { useActorName } from '../audit/actors.ts';
import { AuditRow } from '../audit/audit_row.tsx';
import { canCallFromAnywhere } from '../keys/restriction.tsx';
import { summaryQuery } from '../usage/usage_api.ts';
import { Lines } from './lines.tsx';
import css from './overview.module.css';

const shownMax = 6;

const times = (total: UsageTotal) => (
  <span className="kf-num">{total.denied === 1 ? 'once' : `${total.denied.toLocaleString('en')} times`}</span>
);

interface BlockedProps {
  accountId: string;
  range: string;
  filter: Query;
}

function useBlocked(filter: Query, by: 'key' | 'address'): UsageTotal[] | undefined {
  const blocked = { ...filter, status: '403' };
  const { data } = useQuery({ ...summaryQuery(blocked, by), placeholderData: keepPreviousData });
  return data?.filter((total) => total.denied > 0 && total.group !== '').slice(0, shownMax);
}

export function BlockedByAddress({ accountId, range, filter }: BlockedProps) {
  const totals = useBlocked(filter, 'address');
  return (
    <Panel title="Blocked, by address" padding="none">
      <Lines
        empty="No request was blocked in this time."
        items={totals?.map((total) => (
          <li key={total.group} className={css.line}>
            <Link
              to="/a/$accountId/usage"
              params={{ accountId }}
              search={{ range, status: '403', address: total.group }}
              className={ui.link}
            >
              <Address of={total.group} />
            </Link>
            {times(total)}
          </li>
        ))}
      />
    </Panel>
  );
}

export function BlockedByKey({ accountId, range, filter }: BlockedProps) {
  const totals = useBlocked(filter, 'key');
  const keys = useQueries({
    queries: (totals ?? []).map((total) => ({ ...keyQuery(total.group), staleTime: 60_000, retry: false })),
  });
  return (
    <Panel title="Blocked, by key" padding="none">
      <Lines
        empty="No request was blocked in this time."
        items={totals?.map((total, index) => (
          <li key={total.group} className={css.line}>
            <Link
              to="/a/$accountId/usage"
              params={{ accountId }}
              search={{ range, status: '403', key_id: total.group }}
              className={ui.link}
            >
              {keys[index]?.data?.name ?? <span className="kf-mono">{total.group}</span>}
            </Link>
            {times(total)}
          </li>
        ))}
      />
    </Panel>
  );
}

/** Keys that their own list lets be used from anywhere. */
const openKeysQuery = (accountId: string) =>
  queryOptions({
    queryKey: ['keys', accountId, 'open'],
    queryFn: () =>
      ask<Page<Key>>('GET', `/accounts/${accountId}/keys`, {
        query: { state: 'active', restriction: 'none', limit: shownMax },
      }),
  });

export function OpenKeys({ accountId }: { accountId: string }) {
  const open = useQuery(openKeysQuery(accountId));
  const account = useQuery(listSummaryQuery({ layer: 'account', id: accountId }));
  const keys = open.data?.items;
  return (
    <Panel
      title="Keys without a restriction of their own"
      padding="none"
      aside={
        open.data?.next && (
          <Link to="/a/$accountId/keys" params={{ accountId }} search={{ state: 'active', restriction: 'none' }}>
            All of them
          </Link>
        )
      }
    >
      {account.data && !canCallFromAnywhere(account.data) && keys && keys.length > 0 && (
        <div className={css.quiet}>The account’s allowlist holds for them all the same.</div>
      )}
      <Lines
        empty="Every active key is held to addresses of its own."
        items={keys?.map((key) => (
          <li key={key.id} className={css.line}>
            <Link to="/a/$accountId/keys/$keyId" params={{ accountId, keyId: key.id }} className={ui.link}>
              {key.name}
            </Link>
            <Link to="/a/$accountId/keys/$keyId" params={{ accountId, keyId: key.id }}>
              Restrict it
            </Link>
          </li>
        ))}
      />
    </Panel>
  );
}

/** Entries of the account and of its keys that have admitted no request yet: what could be taken out. */
const unusedQuery = (accountId: string) =>
  queryOptions({
    queryKey: ['unused-entries', accountId],
    retry: false,
    queryFn: () =>
      ask<{ items: UnusedEntry[]; complete: boolean }>('GET', `/accounts/${accountId}/unused-entries`, {
        query: { limit: shownMax },
      }),
  });

function Unused({ accountId, of: { layer, owner_id: owner, entry } }: { accountId: string; of: UnusedEntry }) {
  const key = useQuery({ ...keyQuery(owner), staleTime: 60_000, enabled: layer === 'key' });
  const text = shortForm(entry.canonical);
  return (
    <li className={css.line}>
      <span>
        {layer === 'key' ? (
          <Link to="/a/$accountId/keys/$keyId" params={{ accountId, keyId: owner }} className={`kf-mono ${ui.link}`}>
            {text}
          </Link>
        ) : (
          <Link to="/a/$accountId/allowlist" params={{ accountId }} className={`kf-mono ${ui.link}`}>
            {text}
          </Link>
        )}{' '}
        {layer === 'key' ? `of ${key.data?.name ?? 'a key'}` : 'of the account'}
      </span>
      <span>
        added <Time at={entry.added_at} />
      </span>
    </li>
  );
}

export function UnusedEntries({ accountId }: { accountId: string }) {
  const unused = useQuery(unusedQuery(accountId));
  return (
    <Panel title="Entries never used" padding="none">
      {unused.isError ? (
        <div className={css.quiet}>The usage log cannot be read now.</div>
      ) : (
        <Lines
          empty="Every entry in use has admitted a request."
          items={unused.data?.items.map((one) => <Unused key={one.entry.id} accountId={accountId} of={one} />)}
        />
      )}
    </Panel>
  );
}

export function LatestChanges({ accountId }: { accountId: string }) {
  const audit = useQuery({
    queryKey: ['audit-latest', accountId],
    queryFn: () => ask<Page<AuditLine>>('GET', '/audit', { query: { account_id: accountId, limit: shownMax } }),
  });
  const actorName = useActorName(accountId);
  return (
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
  );
}
