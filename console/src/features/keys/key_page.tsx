import { Button, Group, Stack } from '@mantine/core';
import { IconPencil } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { ask } from '@/api/client.ts';
import { ProblemError } from '@/api/problem.ts';
import { keyQuery, mayEdit, useMe } from '@/api/queries.ts';
import type { Key } from '@/api/types.ts';
import { Facts, Loading, Problem } from '@/components/bits.tsx';
import { CopyIcon } from '@/components/copy.tsx';
import { Dialog, DialogFoot } from '@/components/dialog.tsx';
import { localTime } from '@/components/local_time.ts';
import { Page, Panel } from '@/components/page.tsx';
import { Time } from '@/components/time.tsx';
import { enforcedAt, say } from '@/components/toast.ts';
import { wholeListQuery } from '../allowlists/list_api.ts';
import { ListEditor } from '../allowlists/list_editor.tsx';
import { TryAddress } from '../decisions/try_address.tsx';
import { RecentRequests } from '../usage/recent_requests.tsx';
import { KeyActions } from './key_actions.tsx';
import { keyBody } from './key_facts.ts';
import { KeyFields } from './key_fields.tsx';
import { KeyState } from './key_state.tsx';
import { LastUsed } from './last_used.tsx';

const route = getRouteApi('/shell/a/$accountId/keys/$keyId');

function EditKey({ of: key, onClose }: { of: Key; onClose: () => void }) {
  const queries = useQueryClient();
  const [form, setForm] = useState({
    name: key.name,
    description: key.description,
    scopes: key.scopes,
    ends: localTime(key.expires_at),
  });
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const body = keyBody(form);
      const unchangedEnd = form.ends === localTime(key.expires_at);
      const next = await ask<Key>('PATCH', `/keys/${key.id}`, {
        body: { ...body, expires_at: unchangedEnd ? key.expires_at : body.expires_at },
      });
      queries.setQueryData(keyQuery(key.id).queryKey, next);
      await queries.invalidateQueries({ queryKey: ['keys', key.account_id] });
      say(`Saved. ${enforcedAt(next.revision)}.`);
      onClose();
    } catch (thrown) {
      setError(thrown);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Stack>
      <KeyFields
        value={form}
        onChange={(change) => setForm((before) => ({ ...before, ...change }))}
        problem={error instanceof ProblemError ? error : undefined}
      />
      <Problem error={error} />
      <DialogFoot>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button onClick={save} loading={busy} disabled={form.name.trim() === ''}>
          Save
        </Button>
      </DialogFoot>
    </Stack>
  );
}

function Scopes({ of: scopes }: { of: string[] }) {
  if (scopes.length === 0) return <span>none</span>;
  return (
    <Group gap={6}>
      {scopes.map((scope) => (
        <code key={scope}>{scope}</code>
      ))}
    </Group>
  );
}

export function KeyPage() {
  const { accountId, keyId } = route.useParams();
  const me = useMe();
  const key = useQuery(keyQuery(keyId));
  const owner = { layer: 'key', id: keyId } as const;
  const list = useQuery(wholeListQuery(owner));
  const [editing, setEditing] = useState(false);
  if (key.isPending) return <Loading label="Reading the key" />;
  if (key.isError) {
    return (
      <Page
        title="API key"
        lede={
          <Link to="/a/$accountId/keys" params={{ accountId }}>
            Back to API keys
          </Link>
        }
      >
        <Problem error={key.error} title="The key could not be read" />
      </Page>
    );
  }
  const { data } = key;
  const editable = mayEdit(me, accountId);
  return (
    <Page
      title={data.name}
      lede={
        <Stack gap={4}>
          <Link to="/a/$accountId/keys" params={{ accountId }}>
            Back to API keys
          </Link>
          {data.description !== '' && <span>{data.description}</span>}
        </Stack>
      }
      actions={
        editable && (
          <Group gap="xs">
            {data.state !== 'revoked' && (
              <Button
                variant="default"
                leftSection={<IconPencil size={15} aria-hidden />}
                onClick={() => setEditing(true)}
              >
                Edit
              </Button>
            )}
            <KeyActions of={data} place="page" />
          </Group>
        )
      }
    >
      <Panel
        title="IP allowlist"
        padding="none"
        aside={
          <Link to="/a/$accountId/keys/$keyId/history" params={{ accountId, keyId }}>
            History
          </Link>
        }
      >
        {list.data ? (
          <ListEditor key={keyId} owner={owner} standing={list.data} access={editable ? 'edit' : 'read'} />
        ) : list.isError ? (
          <Problem error={list.error} />
        ) : (
          <Loading label="Reading the list" />
        )}
      </Panel>
      <Panel
        title="About this key"
        aside={
          <Link to="/a/$accountId/audit" params={{ accountId }} search={{ subject: keyId }}>
            Changes
          </Link>
        }
      >
        <Facts
          of={[
            ['State', <KeyState key="state" of={data} />],
            [
              'Secret',
              <span key="hint" className="kf-mono">
                {data.hint === '' ? 'imported, never seen by Keyfence' : data.hint}
              </span>,
            ],
            [
              'Id',
              <Group key="id" gap={4}>
                <span className="kf-mono">{data.id}</span>
                <CopyIcon value={data.id} label="Copy the id" />
              </Group>,
            ],
            ['Scopes', <Scopes key="scopes" of={data.scopes} />],
            ['Ends', <Time key="ends" at={data.expires_at} style="date" />],
            ['Last used', <LastUsed key="used" of={data} />],
            ['Created', <Time key="created" at={data.created_at} style="date" />],
          ]}
        />
      </Panel>
      <TryAddress keyId={keyId} />
      <RecentRequests accountId={accountId} keyId={keyId} />
      <Dialog opened={editing} onClose={() => setEditing(false)} title="Edit key" size="lg">
        {editing && <EditKey of={data} onClose={() => setEditing(false)} />}
      </Dialog>
    </Page>
  );
}
