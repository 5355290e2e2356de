import { SimpleGrid } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ask } from '@/api/client.ts';
import type { Status } from '@/api/types.ts';
import { Facts, Loading, Note, Problem } from '@/components/bits.tsx';
import { Page, Panel } from '@/components/page.tsx';
import { Time } from '@/components/time.tsx';
import { readMetrics } from './metrics.ts';
import css from './status.module.css';

function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let size = value;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${size.toLocaleString('en', { maximumFractionDigits: size < 10 ? 1 : 0 })} ${units[unit]}`;
}

const Figure = ({ label, children }: { label: string; children: ReactNode }) => (
  <div className={css.figure}>
    <div className={css.value}>{children}</div>
    <div className={css.label}>{label}</div>
  </div>
);

const number = (value: number) => value.toLocaleString('en');

export function StatusPage() {
  const status = useQuery({
    queryKey: ['status'],
    refetchInterval: 3_000,
    queryFn: () => ask<Status>('GET', '/status'),
  });
  const metrics = useQuery({
    queryKey: ['metrics'],
    refetchInterval: 5_000,
    retry: false,
    queryFn: async () => readMetrics(await (await fetch('/metrics')).text()),
  });
  const { data } = status;
  if (status.isPending) return <Loading />;
  if (!data)
    return (
      <Page title="Status">
        <Problem error={status.error} />
      </Page>
    );
  const lag = data.store_revision - data.image.revision;
  const isWell = data.ready && lag === 0 && data.publisher_failure === null;
  const shownMetrics = [...(metrics.data ?? [])]
    .filter(([name]) => /usage|spool|drop|drain|gateway/.test(name))
    .slice(0, 14);
  return (
    <Page title="Status" lede="How the daemon and what it publishes to the gateways stand now.">
      <Note
        tone={isWell ? 'ok' : 'bad'}
        title={
          isWell
            ? `Every change up to revision ${number(data.store_revision)} is enforced`
            : 'Not everything is enforced'
        }
        live="polite"
      >
        {isWell
          ? 'Gateways of this machine read the published policy; nothing waits.'
          : (data.publisher_failure ??
            `The image stands at revision ${number(data.image.revision)}, ${number(lag)} behind the store. Gateways go on with what they have.`)}
      </Note>
      <div style={{ height: 20 }} />
      <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="md" mb="lg">
        <Figure label="revision of the store">{number(data.store_revision)}</Figure>
        <Figure label="revisions behind">{number(lag)}</Figure>
        <Figure label="keys in the image">{number(data.image.keys)}</Figure>
        <Figure label="accounts in the image">{number(data.image.accounts)}</Figure>
      </SimpleGrid>
      <Panel title="Policy image">
        <Facts
          of={[
            ['Generation', number(data.image.generation)],
            ['File', `${bytes(data.image.file_bytes)} long, ${bytes(data.image.reserved_bytes)} of it held in memory`],
            [
              'Records',
              `${bytes(data.image.arena_used_bytes)}, of which ${bytes(data.image.arena_garbage_bytes)} are out of date`,
            ],
          ]}
        />
      </Panel>
      {shownMetrics.length > 0 && (
        <Panel title="Usage log and gateways">
          <Facts
            of={shownMetrics.map(([name, value]) => [
              name.replace(/^keyfence_/, '').replaceAll('_', ' '),
              <span key={name} className="kf-num">
                {number(value)}
              </span>,
            ])}
          />
        </Panel>
      )}
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
