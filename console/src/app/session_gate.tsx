// The dialog that opens over a page when the session has ended or the password is asked for again. The page stays as
// it is: what was being edited is still there afterwards, and the call that was waiting is made.
import { Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState, useSyncExternalStore } from 'react';
import { ask } from '@/api/client.ts';
import { gate } from '@/api/gate.ts';
import { meQuery } from '@/api/queries.ts';
import type { Me } from '@/api/types.ts';
import { Problem } from '@/components/bits.tsx';
import { Dialog, DialogFoot } from '@/components/dialog.tsx';
import { SignInForm } from '@/features/signin/sign_in_form.tsx';

function ConfirmForm({ me }: { me: Me | null | undefined }) {
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const submit = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await ask('POST', '/session/confirm', {
        body: { password, ...(code.trim() === '' ? {} : { code: code.trim() }) },
        unguarded: true,
      });
      gate.settle(true);
    } catch (thrown) {
      setError(thrown);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <Stack>
        <Text>This change concerns who can get in, so Keyfence asks for your password once more.</Text>
        <PasswordInput
          label="Password"
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          data-autofocus
          required
        />
        {me?.totp_enabled && (
          <TextInput
            label="Code of your authenticator app"
            inputMode="numeric"
            autoComplete="one-time-code"
            value={code}
            onChange={(event) => setCode(event.currentTarget.value)}
            required
          />
        )}
        <Problem error={error} />
      </Stack>
      <DialogFoot>
        <Button variant="default" onClick={() => gate.settle(false)}>
          Cancel
        </Button>
        <Button type="submit" loading={busy}>
          Confirm
        </Button>
      </DialogFoot>
    </form>
  );
}

export default function SessionGate() {
  const { ask: asked } = useSyncExternalStore(gate.subscribe, gate.read);
  const queries = useQueryClient();
  const me = queries.getQueryData<Me | null>(meQuery.queryKey);
  const signedIn = (next: Me | undefined) => {
    // Another person must not go on with what this one had open.
    if (next && me && next.id !== me.id) {
      window.location.assign('/');
      return;
    }
    if (next) queries.setQueryData(meQuery.queryKey, next);
    gate.settle(true);
  };
  return (
    <>
      <Dialog
        opened={asked === 'sign_in'}
        onClose={() => gate.settle(false)}
        title="Your session has ended"
        closing="buttons"
      >
        <Stack>
          <Text>Sign in again to go on. Nothing on this page is lost.</Text>
          <SignInForm login={me?.login ?? undefined} onSignedIn={signedIn} />
        </Stack>
      </Dialog>
      <Dialog opened={asked === 'confirm'} onClose={() => gate.settle(false)} title="Confirm that it is you">
        <ConfirmForm me={me} />
      </Dialog>
    </>
  );
}
