// Where the link of an invitation leads. The token stands after the #, which no server and no log ever sees.
import { Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { ask } from '@/api/client.ts';
import { ProblemError } from '@/api/problem.ts';
import { meQuery } from '@/api/queries.ts';
import type { InvitationFound, SignIn } from '@/api/types.ts';
import { Loading, Note, Problem } from '@/components/bits.tsx';
import { Time } from '@/components/time.tsx';
import { roleText } from '@/features/settings/roles.ts';
import { Doorway } from './doorway.tsx';
import { SignInForm } from './sign_in_form.tsx';

export function InvitationPage() {
  const [token] = useState(() => window.location.hash.slice(1));
  const offer = useQuery({
    queryKey: ['invitation', token],
    retry: false,
    queryFn: () => ask<InvitationFound>('POST', '/invitations/lookup', { body: { token }, unguarded: true }),
  });
  const me = useQuery(meQuery);
  if (offer.isPending || me.isPending) {
    return (
      <Doorway title="Invitation">
        <Loading label="Looking at the invitation" />
      </Doorway>
    );
  }
  if (!offer.data) {
    return (
      <Doorway title="This invitation does not work" foot={<Link to="/sign-in">Sign in instead</Link>}>
        <Text>It was used already, taken back, or is too old. Ask the person who sent it for a new one.</Text>
      </Doorway>
    );
  }
  return <Accept offer={offer.data} token={token} signedInAs={me.data?.login ?? undefined} />;
}

function Accept({
  offer,
  token,
  signedInAs,
}: {
  offer: InvitationFound;
  token: string;
  signedInAs: string | undefined;
}) {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const [hasLogin, setHasLogin] = useState(false);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const isKnown = signedInAs === offer.login;
  const accept = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const body = isKnown ? { token } : { token, name: name.trim(), password };
      const answer = await ask<SignIn>('POST', '/invitations/accept', { body, unguarded: true });
      queries.clear();
      if (answer.me) queries.setQueryData(meQuery.queryKey, answer.me);
      await navigate({ to: '/', replace: true });
    } catch (thrown) {
      if (thrown instanceof ProblemError && thrown.is('login_exists')) setHasLogin(true);
      else setError(thrown);
    } finally {
      setBusy(false);
    }
  };
  if (hasLogin && !isKnown) {
    return (
      <Doorway title={`Join ${offer.account_name}`}>
        <Stack>
          <Text>
            You are invited as <strong>{roleText[offer.role].name.toLowerCase()}</strong>. Sign in as{' '}
            <strong>{offer.login}</strong> to join.
          </Text>
          <SignInForm login={offer.login} onSignedIn={(me) => queries.setQueryData(meQuery.queryKey, me ?? null)} />
        </Stack>
      </Doorway>
    );
  }
  return (
    <Doorway
      title={`Join ${offer.account_name}`}
      foot={
        <>
          Works until <Time at={offer.expires_at} style="date" />.
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void accept();
        }}
      >
        <Stack>
          <Text>
            You are invited as <strong>{roleText[offer.role].name.toLowerCase()}</strong>, with the login{' '}
            <strong>{offer.login}</strong>. {roleText[offer.role].may}
          </Text>
          {isKnown ? (
            <Note tone="info">You are signed in as {signedInAs}.</Note>
          ) : (
            <>
              <TextInput
                label="Your name"
                autoComplete="name"
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
                required
                autoFocus
              />
              <PasswordInput
                label="Choose a password"
                description="Twelve characters or more; a few words in a row are fine."
                autoComplete="new-password"
                value={password}
                onChange={(event) => setPassword(event.currentTarget.value)}
                required
              />
            </>
          )}
          <Problem error={error} />
          <Button type="submit" size="md" loading={busy}>
            Join
          </Button>
          {!isKnown && (
            <Button variant="subtle" onClick={() => setHasLogin(true)}>
              I have this login already
            </Button>
          )}
        </Stack>
      </form>
    </Doorway>
  );
}
