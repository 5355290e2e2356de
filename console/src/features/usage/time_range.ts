// The span of time that a page looks at, and how wide its bars are.
import type { UsageSearch } from '@/app/router.tsx';

export interface Span {
  from: Date;
  until: Date;
  bucketSeconds: number;
}

export const ranges = [
  { value: '1h', label: 'Last hour', seconds: 3_600 },
  { value: '24h', label: 'Last 24 hours', seconds: 86_400 },
  { value: '7d', label: 'Last 7 days', seconds: 7 * 86_400 },
  { value: '30d', label: 'Last 30 days', seconds: 30 * 86_400 },
] as const;

/** Widths that divide a day, as the API wants them. */
const widths = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400];

const widthFor = (seconds: number): number => widths.find((width) => seconds / width <= 64) ?? 86_400;

export function spanOf(search: Pick<UsageSearch, 'range' | 'from' | 'until'>, now: number): Span {
  const seconds = ranges.find((range) => range.value === search.range)?.seconds ?? 86_400;
  const until = search.until ? new Date(search.until) : new Date(now);
  const from = search.from ? new Date(search.from) : new Date(until.getTime() - seconds * 1000);
  const bucketSeconds = widthFor((until.getTime() - from.getTime()) / 1000);
  const width = bucketSeconds * 1000;
  // Whole buckets, so that the first bar is no shorter than it looks.
  const start = search.from ? from : new Date(Math.ceil(from.getTime() / width) * width - width);
  return { from: start, until, bucketSeconds };
}
