// From where a key may be used, in two words.
import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Badge } from '@/components/bits.tsx';
import { listSummaryQuery } from '../allowlists/list_api.ts';

export function Restriction({ keyId }: { keyId: string }) {
  const { data } = useQuery({ ...listSummaryQuery({ layer: 'key', id: keyId }), staleTime: 15_000 });
  if (!data) return <Skeleton height={14} width={70} aria-hidden />;
  if (data.mode === 'off') return <Badge tone="quiet">List is off</Badge>;
  if (data.entry_count === 0) {
    return data.when_empty === 'allow' ? <Badge tone="warn">Any IP</Badge> : <Badge tone="info">No IP yet</Badge>;
  }
  const count = data.entry_count === 1 ? '1 entry' : `${data.entry_count} entries`;
  return data.mode === 'monitor' ? <Badge tone="warn">{count}, monitoring</Badge> : <Badge tone="ok">{count}</Badge>;
}
