import { Button, Group, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '@/api/client.ts';
import { meQuery, useMe } from '@/api/queries.ts';
import type { Me } from '@/api/types.ts';
import { Problem } from '@/components/bits.tsx';
import { Page, Panel } from '@/components/page.tsx';
import { say } from '@/components/toast.ts';
import { SecondFactor } from './second_factor.tsx';
import { Sessions } from './sessions.tsx';

function NameForm({ me }: { me: Me }) {
  const queries = useQueryClient();
  const [name, setName] = useState(me.name);
  const [error, setError] = useState<unknown>();
  const save = async () => {
    setError(undefined);
    try {
      await ask('PATCH', '/me', { body: { name: name.trim() } });
      await queries.invalidateQueries(meQuery);
      say('Saved.');
    } catch (thrown) {
      setError(thrown);
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Stack maw={420}>
        <TextInput label="Login" value={me.login ?? ''} readOnly />
        <TextInput
          label="Name"
          autoComplete="name"
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          required
        />
        <Problem error={error} />
        <Group>
          <Button type="submit" disabled={name.trim() === '' || name.trim() === me.name}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function PasswordForm() {
  const queries = useQueryClient();
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const [error, setError] = useState<unknown>();
  const differs = again !== '' && again !== password;
  const save = async () => {
    setError(undefined);
    try {
      await ask('PUT', '/me/password', { body: { password } });
      setPassword('');
      setAgain('');
      await queries.invalidateQueries({ queryKey: ['sessions'] });
      say('The password is changed; your other sessions have ended.');
    } catch (thrown) {
      setError(thrown);
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Stack maw={420}>
        <PasswordInput
          label="New password"
          description="Twelve characters or more; a few words in a row are fine."
          autoComplete="new-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          required
        />
        <PasswordInput
          label="Once more"
          autoComplete="new-password"
          value={again}
          onChange={(event) => setAgain(event.currentTarget.value)}
          error={differs ? 'The two differ.' : undefined}
          required
        />
        <Problem error={error} />
        <Group>
          <Button type="submit" disabled={password === '' || again !== password}>
            Change password
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

export function ProfilePage() {
  const me = useMe();
  return (
    <Page title="Profile and security">
      <Panel title="You">
        <NameForm key={me.name} me={me} />
      </Panel>
      {me.kind === 'person' && (
        <>
          <Panel title="Password">
            <PasswordForm />
          </Panel>
          <SecondFactor me={me} />
          <Sessions />
        </>
      )}
    </Page>
  );
}
