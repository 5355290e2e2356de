// Management tokens: what programs use where people sign in.
import { Button, Select, Stack, Text, TextInput } from '@mantine/core';
import { IconApi, IconPlus } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '@/api/client.ts';
import { allPages } from '@/api/queries.ts';
import type { Role, Token } from '@/api/types.ts';
import { Badge, Empty, Problem } from '@/components/bits.tsx';
import { SecretOnce } from '@/components/copy.tsx';
import { Dialog, DialogFoot, useQuestion } from '@/components/dialog.tsx';
import { rfc3339 } from '@/components/local_time.ts';
import { EndButton } from '@/components/people.tsx';
import { TablePanel } from '@/components/table_panel.tsx';
import { Time } from '@/components/time.tsx';
import { say } from '@/components/toast.ts';
import { accountRoles, roleText } from './roles.ts';

interface NewTokenProps {
  accountId: string | undefined;
  onClose: () => void;
}

function NewToken({ accountId, onClose }: NewTokenProps) {
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>(accountId ? 'viewer' : 'operator');
  const [ends, setEnds] = useState('');
  const [secret, setSecret] = useState<string>();
  const [error, setError] = useState<unknown>();
  const create = async () => {
    setError(undefined);
    try {
      const body = { name: name.trim(), role, account_id: accountId ?? null, expires_at: rfc3339(ends) };
      setSecret((await ask<{ secret: string }>('POST', '/tokens', { body })).secret);
      await queries.invalidateQueries({ queryKey: ['tokens'] });
    } catch (thrown) {
      setError(thrown);
    }
  };
  if (secret) {
    return (
      <Stack>
        <Text>Copy the token now; it cannot be shown again. Send it as “Authorization: Bearer …”.</Text>
        <SecretOnce value={secret} label="The new token" />
        <DialogFoot>
          <Button onClick={onClose}>I have copied it</Button>
        </DialogFoot>
      </Stack>
    );
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void create();
      }}
    >
      <Stack>
        <TextInput
          label="Name"
          placeholder="Deployment"
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          required
          data-autofocus
        />
        {accountId && (
          <Select
            label="Role"
            description={roleText[role].may}
            data={accountRoles.map((one) => ({ value: one, label: roleText[one].name }))}
            value={role}
            onChange={(value) => value && setRole(value as Role)}
          />
        )}
        <TextInput
          type="datetime-local"
          label="Ends"
          description="In your time zone; empty means never"
          value={ends}
          onChange={(event) => setEnds(event.currentTarget.value)}
        />
        <Problem error={error} />
      </Stack>
      <DialogFoot>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit">Create token</Button>
      </DialogFoot>
    </form>
  );
}

/** Of an account, or, without one, of the operator. */
export function TokensTab({ accountId }: { accountId?: string }) {
  const queries = useQueryClient();
  const [creating, setCreating] = useState(false);
  const [question, askFirst] = useQuestion();
  const tokens = useQuery({ queryKey: ['tokens'], queryFn: () => allPages<Token>('/tokens') });
  const shown = (tokens.data ?? []).filter(
    (token) => token.account_id === (accountId ?? null) && token.revoked_at === null,
  );
  const revoke = (token: Token) =>
    askFirst({
      title: `Revoke ${token.name}?`,
      body: <Text>Programs that use this token are refused at once, for good.</Text>,
      confirmLabel: 'Revoke for good',
      danger: true,
      run: async () => {
        await ask('DELETE', `/tokens/${token.id}`);
        await queries.invalidateQueries({ queryKey: ['tokens'] });
        say(`${token.name} is revoked.`);
      },
    });
  const button = (
    <Button size="compact-md" leftSection={<IconPlus size={15} aria-hidden />} onClick={() => setCreating(true)}>
      Create token
    </Button>
  );
  return (
    <>
      <TablePanel
        title="Management tokens"
        aside={shown.length > 0 && button}
        query={tokens}
        rows={tokens.data && shown}
        keyOf={(token) => token.id}
        nameOf={(token) => token.name}
        empty={
          <Empty icon={<IconApi />} title="No tokens" action={button}>
            With a management token a program changes keys and lists through the API, with a role of its own.
          </Empty>
        }
        columns={[
          {
            name: 'Name',
            kind: 'head',
            cell: (token) => (
              <>
                <strong>{token.name}</strong>
                <div className="kf-mono">{token.hint}</div>
              </>
            ),
          },
          {
            name: 'Role',
            cell: (token) => (
              <Badge tone={token.role === 'operator' || token.role === 'owner' ? 'info' : 'quiet'} dot="none">
                {roleText[token.role].name}
              </Badge>
            ),
          },
          { name: 'Last used', cell: (token) => <Time at={token.last_used_at} /> },
          { name: 'Created', cell: (token) => <Time at={token.created_at} /> },
          { name: 'Ends', cell: (token) => <Time at={token.expires_at} /> },
          {
            name: 'Actions',
            kind: 'actions',
            cell: (token) => <EndButton verb="Revoke" what={token.name} onClick={() => revoke(token)} />,
          },
        ]}
      />
      <Dialog opened={creating} onClose={() => setCreating(false)} title="Create management token">
        {creating && <NewToken accountId={accountId} onClose={() => setCreating(false)} />}
      </Dialog>
      {question}
    </>
  );
}
