import { useQuery } from '@tanstack/react-query';
import { ask } from '@/api/client.ts';
import type { Page, UsageRecord } from '@/api/types.ts';
import { Address } from '@/components/bits.tsx';
import { Time } from '@/components/time.tsx';

/** When a key was last shown to a gateway, and from where. */
export function LastUsed({ keyId }: { keyId: string }) {
  const { data, isError } = useQuery({
    queryKey: ['last-used', keyId],
    retry: false,
    staleTime: 15_000,
    queryFn: () => ask<Page<UsageRecord>>('GET', '/usage', { query: { key_id: keyId, limit: 1 } }),
  });
  const last = data?.items[0];
  if (isError) return <span>not known</span>;
  if (!data) return <span aria-hidden> </span>;
  if (!last) return <span style={{ color: 'var(--mantine-color-dimmed)' }}>never</span>;
  return (
    <span>
      <Time at={last.time} />
      <span style={{ display: 'block', fontSize: '0.8125rem', color: 'var(--mantine-color-dimmed)' }}>
        <Address of={last.address} />
      </span>
    </span>
  );
}
