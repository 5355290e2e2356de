// Password, then the second factor where there is one, or a recovery code in its place.
import { Anchor, Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { ask } from '@/api/client.ts';
import type { Me, SignIn } from '@/api/types.ts';
import { Problem } from '@/components/bits.tsx';

type Step = 'password' | 'code' | 'recovery';

interface SignInFormProps {
  login?: string | undefined;
  onSignedIn: (me: Me | undefined) => void;
}

export function SignInForm({ login: knownLogin, onSignedIn }: SignInFormProps) {
  const [step, setStep] = useState<Step>('password');
  const [login, setLogin] = useState(knownLogin ?? '');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);

  const send = (): Promise<SignIn> => {
    if (step === 'password')
      return ask('POST', '/session', { body: { login: login.trim(), password }, unguarded: true });
    const factor = step === 'code' ? { code: code.replace(/\s/g, '') } : { recovery_code: code.trim() };
    return ask('POST', '/session/second-factor', { body: factor, unguarded: true });
  };
  const submit = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const answer = await send();
      if (answer.status === 'second_factor_required') {
        setStep('code');
        setCode('');
      } else {
        onSignedIn(answer.me);
      }
    } catch (thrown) {
      setError(thrown);
    } finally {
      setBusy(false);
    }
  };
  const turnTo = (next: Step) => {
    setStep(next);
    setCode('');
    setError(undefined);
  };

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <Stack>
        {step === 'password' && (
          <>
            <TextInput
              label="Login"
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              value={login}
              onChange={(event) => setLogin(event.currentTarget.value)}
              required
              autoFocus={!knownLogin}
            />
            <PasswordInput
              label="Password"
              autoComplete="current-password"
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
              required
              autoFocus={Boolean(knownLogin)}
            />
          </>
        )}
        {step === 'code' && (
          <>
            <Text c="dimmed">Open your authenticator app and type the six digits that it shows for Keyfence.</Text>
            <TextInput
              key="code"
              label="Code"
              inputMode="numeric"
              autoComplete="one-time-code"
              maxLength={7}
              value={code}
              onChange={(event) => setCode(event.currentTarget.value)}
              className="kf-mono"
              required
              autoFocus
            />
          </>
        )}
        {step === 'recovery' && (
          <>
            <Text c="dimmed">Type one of the ten recovery codes that you kept. Each works once.</Text>
            <TextInput
              key="recovery"
              label="Recovery code"
              autoComplete="off"
              spellCheck={false}
              value={code}
              onChange={(event) => setCode(event.currentTarget.value)}
              className="kf-mono"
              required
              autoFocus
            />
          </>
        )}
        <Problem error={error} />
        <Button type="submit" size="md" loading={busy} fullWidth>
          {step === 'password' ? 'Sign in' : 'Continue'}
        </Button>
        {step === 'code' && (
          <Anchor component="button" type="button" size="sm" onClick={() => turnTo('recovery')}>
            Use a recovery code
          </Anchor>
        )}
        {step === 'recovery' && (
          <Anchor component="button" type="button" size="sm" onClick={() => turnTo('code')}>
            Use the authenticator app
          </Anchor>
        )}
      </Stack>
    </form>
  );
}
