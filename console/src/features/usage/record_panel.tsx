// A row of the log, opened: all that is known of the request, and why it was decided so.
import { Button, Group, Stack, Title } from '@mantine/core';
import { IconShieldPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { ask } from '@/api/client.ts';
import { mayEdit, useMe } from '@/api/queries.ts';
import type { Decision, UsageRecord } from '@/api/types.ts';
import { Address, Badge, Facts, Loading, Note, Problem, type Tone } from '@/components/bits.tsx';
import { CopyIcon } from '@/components/copy.tsx';
import { SidePanel } from '@/components/dialog.tsx';
import { Time } from '@/components/time.tsx';
import layersCss from '../decisions/layers.module.css';
import { Layers } from '../decisions/layers.tsx';
import { layerName, reasonName, reasonText, reasonTone } from '../decisions/reasons.ts';
import { AllowAddress } from './allow_address.tsx';
import { duration } from './record_row.tsx';

const lists = ['global', 'account', 'key'] as const;

/** What each list said to this request, as its record tells. */
function verdictsThen(record: UsageRecord): { layer: (typeof lists)[number]; tone: Tone; word: string; why: string }[] {
  const denied = lists.indexOf(record.layer as (typeof lists)[number]);
  const asked = record.decision === 'allow' || denied >= 0;
  return lists.map((layer, index) => {
    const entry = record.matched_entries[layer];
    if (!asked) return { layer, tone: 'quiet', word: 'not asked', why: 'The request was refused before the lists.' };
    if (record.decision === 'deny' && index === denied) {
      return { layer, tone: 'bad', word: 'blocked', why: 'No usable entry contained the address.' };
    }
    if (record.decision === 'deny' && index > denied) {
      return { layer, tone: 'quiet', word: 'not asked', why: 'An earlier list had blocked the request.' };
    }
    if (record.would_deny_layer === layer) {
      return {
        layer,
        tone: 'warn',
        word: 'would block',
        why: 'No usable entry contained the address; the list only monitors.',
      };
    }
    return {
      layer,
      tone: 'ok',
      word: 'admitted',
      why: entry ? `By entry ${entry}.` : 'Empty and open, or off; or its entry is gone.',
    };
  });
}

function NowVerdict({ record }: { record: UsageRecord }) {
  const { data } = useQuery({
    queryKey: ['decision-now', record.key_id, record.address],
    enabled: record.key_id !== null && record.address !== null,
    retry: false,
    queryFn: () =>
      ask<Decision>('POST', '/decisions', {
        query: { explain: true },
        body: { key_id: record.key_id, address: record.address },
      }),
  });
  if (!data) return null;
  return (
    <>
      <Title order={3}>The same request now</Title>
      <Note tone={data.outcome === 'allow' ? 'ok' : 'bad'}>
        {data.outcome === 'allow'
          ? `It would pass, at revision ${data.revision.toLocaleString('en')}.`
          : `It would still be blocked: ${reasonName(data.reason).toLowerCase()}.`}
      </Note>
      {data.layers && <Layers of={data.layers} />}
    </>
  );
}

function Opened({ record, accountId }: { record: UsageRecord; accountId: string | undefined }) {
  const me = useMe();
  const [allowing, setAllowing] = useState(false);
  const account = accountId ?? record.account_id ?? undefined;
  const text = reasonText[record.reason];
  const canAllow =
    record.address !== null &&
    record.key_id !== null &&
    (record.reason.startsWith('address_denied') || record.would_deny?.startsWith('address_denied')) &&
    mayEdit(me, account);
  return (
    <Stack>
      <Note tone={reasonTone(record.reason, record.would_deny)} title={reasonName(record.would_deny ?? record.reason)}>
        {record.would_deny ? 'The request passed because the list only monitors.' : text?.what} {text?.advice}
      </Note>
      {canAllow && (
        <Group>
          <Button leftSection={<IconShieldPlus size={16} aria-hidden />} onClick={() => setAllowing(true)}>
            Allow this address
          </Button>
        </Group>
      )}
      <Title order={3}>What the lists said, at revision {record.revision.toLocaleString('en')}</Title>
      <ol className={layersCss.layers}>
        {verdictsThen(record).map(({ layer, tone, word, why }) => (
          <li key={layer} className={layersCss.layer}>
            <span className={layersCss.name}>{layerName[layer]}</span>
            <Badge tone={tone}>{word}</Badge>
            <span className={layersCss.why}>{why}</span>
          </li>
        ))}
      </ol>
      <NowVerdict record={record} />
      <Title order={3}>The request</Title>
      <Facts
        of={[
          ['Time', <Time key="time" at={record.time} style="exact" />],
          [
            'From',
            <Group key="from" gap={4}>
              <Address of={record.address} />
              {record.address && <CopyIcon value={record.address} label="Copy the address" />}
            </Group>,
          ],
          [
            'Request',
            <span key="request" className="kf-mono">
              {record.method} {record.path}
              {record.truncated && ' …'}
            </span>,
          ],
          ['Host', record.host || 'none'],
          [
            'Answer',
            record.status === 0
              ? 'The client went away before one'
              : `${record.status}, ${record.bytes_sent.toLocaleString('en')} bytes in ${duration(record.duration_micros)}`,
          ],
          [
            'Key',
            record.key_id && account ? (
              <Link
                key="key"
                to="/a/$accountId/keys/$keyId"
                params={{ accountId: account, keyId: record.key_id }}
                className="kf-mono"
              >
                {record.key_id}
              </Link>
            ) : (
              'none that is known'
            ),
          ],
          ['Program', record.user_agent || 'not told'],
          ...(record.address_header
            ? [
                [
                  'Address header',
                  record.address_header === 'ignored'
                    ? 'Sent by a peer that is no trusted proxy, and ignored'
                    : 'Could not be read',
                ] as [string, string],
              ]
            : []),
          ['Gateway', record.gateway || 'not told'],
          [
            'Request id',
            <Group key="id" gap={4}>
              <span className="kf-mono">{record.request_id}</span>
              <CopyIcon value={record.request_id} label="Copy the request id" />
            </Group>,
          ],
        ]}
      />
      {canAllow && account && (
        <AllowAddress opened={allowing} onClose={() => setAllowing(false)} record={record} accountId={account} />
      )}
    </Stack>
  );
}

interface RecordPanelProps {
  requestId: string | undefined;
  known: UsageRecord | undefined;
  accountId: string | undefined;
  onClose: () => void;
}

export function RecordPanel({ requestId, known, accountId, onClose }: RecordPanelProps) {
  const read = useQuery({
    queryKey: ['usage-record', requestId],
    enabled: requestId !== undefined && known === undefined,
    retry: false,
    queryFn: () => ask<UsageRecord>('GET', `/usage/${requestId}`),
  });
  const record = known ?? read.data;
  return (
    <SidePanel opened={requestId !== undefined} onClose={onClose} title="Request">
      {record ? (
        <Opened record={record} accountId={accountId} />
      ) : read.isError ? (
        <Problem error={read.error} />
      ) : (
        <Loading />
      )}
    </SidePanel>
  );
}
