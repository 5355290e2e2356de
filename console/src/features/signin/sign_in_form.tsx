// Password, then the second factor where there is one, or a recovery code in its place.
import { useState } from 'react';
import { ask } from '@/api/client.ts';
import type { Me, SignIn } from '@/api/types.ts';
import { Problem } from '@/components/bits.tsx';
import { PasswordField, Stacked, Submit, TextButton, TextField } from '@/components/plain.tsx';
import ui from '@/components/ui.module.css';

type Step = 'password' | 'code' | 'recovery';

interface SignInFormProps {
  login?: string | undefined;
  /** The login is being typed. */
  onBegin?: (() => void) | undefined;
  onSignedIn: (me: Me | undefined) => void;
}

export function SignInForm({ login: knownLogin, onBegin, onSignedIn }: SignInFormProps) {
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
      <Stacked>
        {step === 'password' && (
          <>
            <TextField
              label="Login"
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              value={login}
              onChange={setLogin}
              onInput={onBegin}
              required
              autoFocus={!knownLogin}
            />
            <PasswordField
              label="Password"
              autoComplete="current-password"
              value={password}
              onChange={setPassword}
              required
              autoFocus={Boolean(knownLogin)}
            />
          </>
        )}
        {step === 'code' && (
          <>
            <div className={ui.dimmed}>
              Open your authenticator app and type the six digits that it shows for Keyfence.
            </div>
            <TextField
              key="code"
              label="Code"
              inputMode="numeric"
              autoComplete="one-time-code"
              maxLength={7}
              value={code}
              onChange={setCode}
              font="mono"
              required
              autoFocus
            />
          </>
        )}
        {step === 'recovery' && (
          <>
            <div className={ui.dimmed}>Type one of the ten recovery codes that you kept. Each works once.</div>
            <TextField
              key="recovery"
              label="Recovery code"
              autoComplete="off"
              spellCheck={false}
              value={code}
              onChange={setCode}
              font="mono"
              required
              autoFocus
            />
          </>
        )}
        <Problem error={error} />
        <Submit busy={busy}>{step === 'password' ? 'Sign in' : 'Continue'}</Submit>
        {step === 'code' && <TextButton onClick={() => turnTo('recovery')}>Use a recovery code</TextButton>}
        {step === 'recovery' && <TextButton onClick={() => turnTo('code')}>Use the authenticator app</TextButton>}
      </Stacked>
    </form>
  );
}
