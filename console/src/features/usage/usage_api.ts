import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { ask, type Query } from '@/api/client.ts';
import type { Page, UsageRecord, UsageTotal } from '@/api/types.ts';
import type { UsageSearch } from '@/app/router.tsx';
import { type Span, spanOf } from './time_range.ts';

export type GroupBy = 'time' | 'reason' | 'key' | 'address' | 'status';

/** The filter as the API takes it; an account's page always names its account. */
export function filterOf(search: UsageSearch, accountId: string | undefined, now: number, live = false): Query {
  const { range: _range, open: _open, from: _from, until: _until, ...fields } = search;
  const span = spanOf(search, now);
  return {
    ...fields,
    account_id: accountId,
    from: span.from.toISOString(),
    until: live || !search.until ? undefined : span.until.toISOString(),
  };
}

export const usageQuery = (filter: Query) =>
  infiniteQueryOptions({
    queryKey: ['usage', filter],
    initialPageParam: null as string | null,
    refetchOnWindowFocus: false,
    queryFn: ({ pageParam, signal }) =>
      ask<Page<UsageRecord>>('GET', '/usage', { query: { ...filter, limit: 200, before: pageParam }, signal }),
    getNextPageParam: (page) => page.next,
  });

export const liveQuery = (filter: Query, enabled: boolean) =>
  queryOptions({
    queryKey: ['usage-live', filter],
    enabled,
    refetchInterval: 2_000,
    queryFn: ({ signal }) => ask<Page<UsageRecord>>('GET', '/usage', { query: { ...filter, limit: 200 }, signal }),
  });

export const summaryQuery = (filter: Query, groupBy: GroupBy, bucketSeconds?: number) =>
  queryOptions({
    queryKey: ['usage-summary', filter, groupBy, bucketSeconds],
    queryFn: async ({ signal }) =>
      (
        await ask<{ items: UsageTotal[] }>('GET', '/usage/summary', {
          query: { ...filter, group_by: groupBy, bucket_seconds: bucketSeconds },
          signal,
        })
      ).items,
  });

export interface Bar {
  at: Date;
  allowed: number;
  denied: number;
  wouldDeny: number;
}

/** One bar per bucket, also where nothing happened. */
export function barsOf(items: UsageTotal[], span: Span): Bar[] {
  const width = span.bucketSeconds * 1000;
  const byStart = new Map(items.map((item) => [Math.floor(new Date(item.group).getTime() / width) * width, item]));
  const bars: Bar[] = [];
  for (let at = Math.floor(span.from.getTime() / width) * width; at < span.until.getTime(); at += width) {
    const item = byStart.get(at);
    bars.push({
      at: new Date(at),
      allowed: item?.allowed ?? 0,
      denied: item?.denied ?? 0,
      wouldDeny: item?.would_deny ?? 0,
    });
  }
  return bars;
}
