import { Button, Group, NumberInput, Radio, SimpleGrid, Stack, Switch, Title } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '@/api/client.ts';
import { hasCode, ProblemError } from '@/api/problem.ts';
import type { ErrorStyle, Instance, Limits } from '@/api/types.ts';
import { Loading, Problem } from '@/components/bits.tsx';
import { useLeaveGuard } from '@/components/leave_guard.tsx';
import { Page, Panel } from '@/components/page.tsx';
import { enforcedAt, say } from '@/components/toast.ts';
import { styleExample, styleNames } from '../settings/error_styles.ts';
import { TokensTab } from '../settings/tokens_tab.tsx';
import { OperatorsPanel } from './operators_panel.tsx';

const layers = [
  ['key', 'Each key’s allowlist'],
  ['account', 'Each account’s allowlist'],
  ['global', 'The global allowlist'],
] as const;

interface LimitFieldsProps {
  value: Limits;
  onChange: (change: Partial<Limits>) => void;
  errorOf: (field: string) => string | undefined;
}

const wholeNumber = (value: string | number): number | null => (typeof value === 'number' ? value : null);

function LimitFields({ value, onChange, errorOf }: LimitFieldsProps) {
  return (
    <SimpleGrid cols={{ base: 1, xs: 3 }}>
      <NumberInput
        label="Entries at most"
        min={1}
        max={10_000_000}
        allowDecimal={false}
        thousandSeparator=","
        value={value.entries_max}
        onChange={(next) => onChange({ entries_max: wholeNumber(next) ?? value.entries_max })}
        error={errorOf('entries_max')}
      />
      <NumberInput
        label="Widest IPv4 network"
        placeholder="any"
        prefix="/"
        min={0}
        max={32}
        allowDecimal={false}
        value={value.floor_v4 ?? ''}
        onChange={(next) => onChange({ floor_v4: wholeNumber(next) })}
        error={errorOf('floor_v4')}
      />
      <NumberInput
        label="Widest IPv6 network"
        placeholder="any"
        prefix="/"
        min={0}
        max={128}
        allowDecimal={false}
        value={value.floor_v6 ?? ''}
        onChange={(next) => onChange({ floor_v6: wholeNumber(next) })}
        error={errorOf('floor_v6')}
      />
    </SimpleGrid>
  );
}

function InstanceForm({
  standing,
  etag,
  onSaved,
}: {
  standing: Instance;
  etag: string | undefined;
  onSaved: () => Promise<unknown>;
}) {
  const [value, setValue] = useState(standing);
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const changed = JSON.stringify(value) !== JSON.stringify(standing);
  const guard = useLeaveGuard(changed);
  const save = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const { error_style, limits, non_public_warnings } = value;
      const { data } = await call<Instance>('PATCH', '/instance', {
        ifMatch: etag,
        body: { error_style, limits, non_public_warnings },
      });
      await onSaved();
      say(`Saved. ${enforcedAt(data.revision)}.`);
    } catch (thrown) {
      setError(
        hasCode(thrown, 'revision_mismatch')
          ? new Error(
              'Somebody else changed these settings meanwhile. Open the page again to see them; nothing was overwritten.',
            )
          : thrown,
      );
    } finally {
      setBusy(false);
    }
  };
  const errorOf = (layer: string) => (field: string) =>
    error instanceof ProblemError ? error.field(`/limits/${layer}/${field}`)?.message : undefined;
  return (
    <>
      <Panel title="Body of a refused request" aside="Accounts may choose another one">
        <Radio.Group
          aria-label="Body of a refused request"
          value={value.error_style}
          onChange={(style) => setValue({ ...value, error_style: style as ErrorStyle })}
        >
          <Stack gap="sm">
            {(['envelope', 'flat', 'problem'] as const).map((style) => (
              <Radio
                key={style}
                value={style}
                label={styleNames[style]}
                description={<code style={{ overflowWrap: 'anywhere' }}>{styleExample[style]}</code>}
              />
            ))}
          </Stack>
        </Radio.Group>
      </Panel>
      <Panel title="Limits" aside="An empty width takes every network">
        <Stack gap="lg">
          {layers.map(([layer, title]) => (
            <div key={layer}>
              <Title order={3} mb={6}>
                {title}
              </Title>
              <LimitFields
                value={value.limits[layer]}
                onChange={(change) =>
                  setValue({ ...value, limits: { ...value.limits, [layer]: { ...value.limits[layer], ...change } } })
                }
                errorOf={errorOf(layer)}
              />
            </div>
          ))}
        </Stack>
      </Panel>
      <Panel title="Warnings">
        <Switch
          label="Warn of private and other addresses that the internet does not route"
          description="Turn it off for an instance inside a private network"
          checked={value.non_public_warnings}
          onChange={(event) => setValue({ ...value, non_public_warnings: event.currentTarget.checked })}
        />
      </Panel>
      <Stack my="lg">
        <Problem error={error} title="Not saved" />
        <Group>
          <Button onClick={save} disabled={!changed} loading={busy}>
            Save
          </Button>
          {changed && (
            <Button variant="default" onClick={() => setValue(standing)}>
              Discard
            </Button>
          )}
        </Group>
      </Stack>
      {guard}
    </>
  );
}

export function InstancePage() {
  const instance = useQuery({
    queryKey: ['instance-form'],
    refetchOnWindowFocus: false,
    queryFn: () => call<Instance>('GET', '/instance'),
  });
  const queries = useQueryClient();
  const reread = async () => {
    await queries.invalidateQueries({ queryKey: ['instance'] });
    await instance.refetch();
  };
  return (
    <Page title="Instance settings" lede="What holds for every account of this Keyfence.">
      {instance.isPending && <Loading />}
      {instance.isError && <Problem error={instance.error} />}
      {instance.data && (
        <InstanceForm
          key={instance.data.etag}
          standing={instance.data.data}
          etag={instance.data.etag}
          onSaved={reread}
        />
      )}
      {!instance.isPending && (
        <>
          <OperatorsPanel />
          <TokensTab />
        </>
      )}
    </Page>
  );
}
