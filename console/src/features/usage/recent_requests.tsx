import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { ask } from '@/api/client.ts';
import type { Page, UsageRecord } from '@/api/types.ts';
import { Loading } from '@/components/bits.tsx';
import { Panel } from '@/components/page.tsx';
import { RecordPanel } from './record_panel.tsx';
import { RecordRow, RowHead } from './record_row.tsx';

/** The last requests with a key; a row opens to why, here on the page. */
export function RecentRequests({ accountId, keyId }: { accountId: string; keyId: string }) {
  const [open, setOpen] = useState<string>();
  const { data, isError } = useQuery({
    queryKey: ['recent-requests', keyId],
    retry: false,
    refetchInterval: 5_000,
    queryFn: () => ask<Page<UsageRecord>>('GET', '/usage', { query: { key_id: keyId, limit: 8 } }),
  });
  if (isError) return null;
  const all = (
    <Link to="/a/$accountId/usage" params={{ accountId }} search={{ key_id: keyId }}>
      All of them
    </Link>
  );
  return (
    <Panel title="Last requests" padding={data && data.items.length > 0 ? 'none' : 'normal'} aside={all}>
      {!data && <Loading />}
      {data?.items.length === 0 && 'None yet. They show here a moment after their answer, blocked ones included.'}
      {data && data.items.length > 0 && (
        <>
          <RowHead />
          <ul style={{ margin: 0, padding: 0, listStyle: 'none' }}>
            {data.items.map((record) => (
              <RecordRow
                key={record.request_id + record.time}
                record={record}
                keyName="this key"
                open={record.request_id === open}
                onOpen={() => setOpen(record.request_id)}
              />
            ))}
          </ul>
        </>
      )}
      <RecordPanel
        requestId={open}
        known={data?.items.find((record) => record.request_id === open)}
        accountId={accountId}
        onClose={() => setOpen(undefined)}
      />
    </Panel>
  );
}
