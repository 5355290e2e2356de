import { SimpleGrid } from '@mantine/core';
import { IconServer } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ask } from '@/api/client.ts';
import type { GatewayStatus, Status } from '@/api/types.ts';
import { Badge, Empty, Facts, Loading, Note, Problem } from '@/components/bits.tsx';
import { Page, Panel } from '@/components/page.tsx';
import { TablePanel } from '@/components/table_panel.tsx';
import { Time } from '@/components/time.tsx';
import { bytesText, type Check, checksOf, spanText, type Tone, worstOf } from './health.ts';
import css from './status.module.css';

const Figure = ({ label, children }: { label: string; children: ReactNode }) => (
  <div className={css.figure}>
    <div className={css.value}>{children}</div>
    <div className={css.label}>{label}</div>
  </div>
);

const number = (value: number) => value.toLocaleString('en');

const overall: Partial<Record<Tone, { title: string; text: string }>> = {
  ok: { title: 'All is well', text: 'Every change is enforced, and every request is in the log.' },
  warn: {
    title: 'Something wants a look',
    text: 'Requests are decided as they should be; see below what is not well.',
  },
  bad: { title: 'Something is wrong', text: 'Gateways go on with the policy that they have. See below what to do.' },
};

function Checks({ of: checks }: { of: Check[] }) {
  return (
    <Panel title="Health" padding="none">
      <ul className={css.checks}>
        {checks.map(({ name, tone, verdict, finding, remedy }) => (
          <li key={name} data-check={name} data-tone={tone}>
            <span className={css.name}>{name}</span>
            <Badge tone={tone}>{verdict}</Badge>
            <span className={css.finding}>
              {finding}
              {remedy !== undefined && (
                <span className={css.remedy}>
                  <strong>What to do:</strong> {remedy}
                </span>
              )}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** What is known of each gateway: what its records say. All of a machine read one image, so all enforce its revision. */
function Gateways({ of: gateways, enforced }: { of: GatewayStatus[]; enforced: number }) {
  return (
    <TablePanel
      title="Gateways"
      aside="heard of since the daemon started"
      query={{ isPending: false, isError: false, error: null }}
      rows={gateways}
      keyOf={(gateway) => gateway.name}
      nameOf={(gateway) => gateway.name}
      empty={
        <Empty icon={<IconServer />} title="No gateway has written yet">
          A gateway of this machine stands here from its first request on, by the name that{' '}
          <code>keyfence_gateway_name</code> gives it.
        </Empty>
      }
      columns={[
        { name: 'Gateway', kind: 'head', cell: ({ name }) => <strong>{name}</strong> },
        { name: 'Last request', cell: ({ last_at }) => <Time at={last_at} /> },
        {
          name: 'Decided by revision',
          cell: ({ last_revision: revision }) =>
            revision === null
              ? '–'
              : `${number(revision)}${revision < enforced ? `, now enforced: ${number(enforced)}` : ''}`,
        },
        { name: 'Stored', cell: ({ stored }) => number(stored) },
        { name: 'Waiting', cell: ({ backlog_bytes }) => (backlog_bytes === 0 ? 'none' : bytesText(backlog_bytes)) },
        {
          name: 'Dropped',
          cell: ({ dropped }) => (dropped === 0 ? 'none' : <Badge tone="bad">{number(dropped)}</Badge>),
        },
        { name: 'Workers writing', cell: ({ workers }) => number(workers) },
      ]}
    />
  );
}

export function StatusPage() {
  const status = useQuery({
    queryKey: ['status'],
    refetchInterval: 3_000,
    queryFn: () => ask<Status>('GET', '/status'),
  });
  const { data } = status;
  if (status.isPending) return <Loading />;
  if (!data)
    return (
      <Page title="Status">
        <Problem error={status.error} />
      </Page>
    );
  const { image, usage } = data;
  const checks = checksOf(data);
  const worst = worstOf(checks);
  return (
    <Page
      title="Status"
      lede="How the daemon, what it publishes to the gateways of this machine, and what they write to it stand now. Read every three seconds."
    >
      {/* The figures are those of before where the daemon no longer answers. */}
      {status.isError ? (
        <Note tone="bad" title="The daemon does not answer" live="polite">
          What is shown is how it stood <Time at={new Date(status.dataUpdatedAt).toISOString()} />.
        </Note>
      ) : (
        <Note tone={worst} title={overall[worst]?.title} live="polite">
          {overall[worst]?.text}
        </Note>
      )}
      <div style={{ height: 20 }} />
      <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="md" mb="lg">
        <Figure label="revision enforced">{number(image.revision)}</Figure>
        <Figure label="revisions behind">{number(data.store_revision - image.revision)}</Figure>
        <Figure label="waiting in the spool">{usage ? bytesText(usage.backlog_bytes) : '–'}</Figure>
        <Figure label="records dropped">{usage ? number(usage.dropped) : '–'}</Figure>
      </SimpleGrid>
      <Checks of={checks} />
      {usage && <Gateways of={usage.gateways} enforced={image.revision} />}
      {usage && (
        <Panel title="Usage log and the gateways’ spool">
          <Facts
            of={[
              ['Stored since the start', `${number(usage.stored)} records`],
              ['Backlog', `${bytesText(usage.backlog_bytes)} in ${number(usage.segments)} files of the workers`],
              ['Lag', usage.backlog_bytes === 0 ? 'none' : spanText(usage.lag_micros)],
              ['On disk', bytesText(usage.bytes)],
              ['Kept since', <Time key="oldest" at={usage.oldest_at} style="date" never="nothing yet" />],
            ]}
          />
        </Panel>
      )}
      <Panel title="Policy image">
        <Facts
          of={[
            ['Holds', `${number(image.keys)} keys of ${number(image.accounts)} accounts`],
            ['Generation', number(image.generation)],
            ['File', `${bytesText(image.file_bytes)} long, ${bytesText(image.reserved_bytes)} of it held in memory`],
            [
              'Records',
              `${bytesText(image.arena_used_bytes)}, of which ${bytesText(image.arena_garbage_bytes)} are out of date`,
            ],
          ]}
        />
      </Panel>
      <Panel title="Daemon">
        <Facts
          of={[
            ['Version', data.version],
            ['Started', <Time key="started" at={data.started_at} style="relative" />],
          ]}
        />
      </Panel>
    </Page>
  );
}
