import { Button, Group, Radio, Stack } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { ask } from '@/api/client.ts';
import { ProblemError } from '@/api/problem.ts';
import { instanceQuery } from '@/api/queries.ts';
import type { KeyWithSecret } from '@/api/types.ts';
import { Problem } from '@/components/bits.tsx';
import { Page, Panel } from '@/components/page.tsx';
import { anyAdmits } from '@/net/range.ts';
import { type DraftRow, inputOfRow, newRow } from '../allowlists/draft.ts';
import { EntryForm } from '../allowlists/entry_form.tsx';
import { EntryRow } from '../allowlists/entry_row.tsx';
import { LimitsText } from '../allowlists/limits_text.tsx';
import css from '../allowlists/list.module.css';
import { QuickAdd } from '../allowlists/quick_add.tsx';
import { emptyKeyForm, keyBody } from './key_facts.ts';
import { KeyFields } from './key_fields.tsx';
import { SecretDialog } from './secret_dialog.tsx';

const route = getRouteApi('/shell/a/$accountId/keys/new');

export function NewKeyPage() {
  const { accountId } = route.useParams();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const limits = useQuery(instanceQuery).data?.limits.key;
  const [form, setForm] = useState(emptyKeyForm);
  const [rows, setRows] = useState<DraftRow[]>([]);
  const [whenEmpty, setWhenEmpty] = useState<'allow' | 'deny'>('allow');
  const [created, setCreated] = useState<KeyWithSecret>();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const create = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const body = { ...keyBody(form), allowlist: { when_empty: whenEmpty, entries: rows.map(inputOfRow) } };
      setCreated(await ask<KeyWithSecret>('POST', `/accounts/${accountId}/keys`, { body }));
      await queries.invalidateQueries({ queryKey: ['keys', accountId] });
    } catch (thrown) {
      setError(thrown);
    } finally {
      setBusy(false);
    }
  };
  const problem = error instanceof ProblemError ? error : undefined;
  return (
    <Page
      title="Create key"
      lede={
        <Link to="/a/$accountId/keys" params={{ accountId }}>
          Back to API keys
        </Link>
      }
    >
      <Panel title="The key">
        <KeyFields
          value={form}
          onChange={(change) => setForm((before) => ({ ...before, ...change }))}
          problem={problem}
          autoFocus
        />
      </Panel>
      <Panel title="IP allowlist" padding="none" aside={limits && <LimitsText limits={limits} count={rows.length} />}>
        <EntryForm
          standing={rows}
          limits={limits}
          submitLabel="Add IP"
          onSubmit={(input, parsed) => {
            setRows((before) => [...before, newRow(input, parsed.canonical)]);
            return undefined;
          }}
        >
          {(fill) => (
            <QuickAdd
              owner={{ layer: 'account', id: accountId }}
              isIn={(address) => anyAdmits(rows, address)}
              fill={fill}
            />
          )}
        </EntryForm>
        {rows.length > 0 ? (
          <ul className={css.rows} aria-label="Entries">
            {rows.map((row) => (
              <EntryRow
                key={row.uid}
                entry={row}
                change="added"
                onRemove={() => setRows((before) => before.filter((other) => other !== row))}
              />
            ))}
          </ul>
        ) : (
          <div className={css.settings}>
            <Radio.Group
              label="Without an entry"
              value={whenEmpty}
              onChange={(value) => setWhenEmpty(value as 'allow' | 'deny')}
            >
              <Stack gap={8} mt={8}>
                <Radio value="allow" label="The key may be used from any address" />
                <Radio value="deny" label="No address may use it until one is added" />
              </Stack>
            </Radio.Group>
          </div>
        )}
      </Panel>
      <Stack mt="lg">
        <Problem error={error} title="The key was not created" />
        <Group>
          <Button onClick={create} loading={busy} disabled={form.name.trim() === ''} size="md">
            Create key
          </Button>
          <Button
            variant="default"
            size="md"
            renderRoot={(props) => <Link to="/a/$accountId/keys" params={{ accountId }} {...props} />}
          >
            Cancel
          </Button>
        </Group>
      </Stack>
      <SecretDialog
        created={created}
        title="The key is ready"
        onClose={() =>
          created && navigate({ to: '/a/$accountId/keys/$keyId', params: { accountId, keyId: created.key.id } })
        }
      />
    </Page>
  );
}
