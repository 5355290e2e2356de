import { Button, Group, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { ask } from '@/api/client.ts';
import { meQuery } from '@/api/queries.ts';
import type { Me } from '@/api/types.ts';
import { Badge, Note, Problem } from '@/components/bits.tsx';
import { CopyIcon } from '@/components/copy.tsx';
import { Dialog, DialogFoot, useQuestion } from '@/components/dialog.tsx';
import { Panel } from '@/components/page.tsx';
import { say, sayError } from '@/components/toast.ts';
import { qrMatrix, qrPath } from './qr.ts';

interface Setup {
  secret: string;
  otpauth_uri: string;
}

function QrCode({ text }: { text: string }) {
  const { path, size } = useMemo(() => {
    const matrix = qrMatrix(text);
    return { path: qrPath(matrix), size: matrix.length + 8 };
  }, [text]);
  return (
    <svg
      viewBox={`0 0 ${size} ${size}`}
      width={208}
      height={208}
      shapeRendering="crispEdges"
      role="img"
      aria-label="QR code for the authenticator app"
      data-otpauth={text}
    >
      <rect width={size} height={size} rx={2} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}

function RecoveryCodes({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  const text = codes.join('\n');
  const save = () => {
    const url = URL.createObjectURL(
      new Blob([`Keyfence recovery codes, each works once\n\n${text}\n`], { type: 'text/plain' }),
    );
    const anchor = document.createElement('a');
    anchor.href = url;
    anchor.download = 'keyfence-recovery-codes.txt';
    anchor.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  };
  return (
    <Stack>
      <Text>
        With one of these codes you get in if your authenticator app is lost. Each works once. They are shown this once:
        keep them where you keep passwords.
      </Text>
      <SimpleGrid cols={2} spacing={6} component="ul" style={{ listStyle: 'none', padding: 0, margin: 0 }}>
        {codes.map((code) => (
          <li key={code} className="kf-mono" data-recovery>
            {code}
          </li>
        ))}
      </SimpleGrid>
      <DialogFoot>
        <CopyIcon value={text} label="Copy the codes" />
        <Button variant="default" leftSection={<IconDownload size={15} aria-hidden />} onClick={save}>
          Save as text
        </Button>
        <Button onClick={onDone}>I have kept them</Button>
      </DialogFoot>
    </Stack>
  );
}

function TurnOn({ setup, onCodes }: { setup: Setup; onCodes: (codes: string[]) => void }) {
  const [code, setCode] = useState('');
  const [error, setError] = useState<unknown>();
  const confirm = async () => {
    setError(undefined);
    try {
      const body = { code: code.replace(/\s/g, '') };
      onCodes((await ask<{ recovery_codes: string[] }>('PUT', '/me/totp', { body })).recovery_codes);
    } catch (thrown) {
      setError(thrown);
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void confirm();
      }}
    >
      <Stack>
        <Text>Scan this with your authenticator app, then type the six digits that it shows.</Text>
        <Group justify="center">
          <QrCode text={setup.otpauth_uri} />
        </Group>
        <Group gap={4} justify="center">
          <span className="kf-mono">{setup.secret.replace(/(.{4})/g, '$1 ').trim()}</span>
          <CopyIcon value={setup.secret} label="Copy the secret" />
        </Group>
        <TextInput
          label="Code"
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={7}
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
          required
          data-autofocus
        />
        <Problem error={error} />
      </Stack>
      <DialogFoot>
        <Button type="submit">Turn it on</Button>
      </DialogFoot>
    </form>
  );
}

export function SecondFactor({ me }: { me: Me }) {
  const queries = useQueryClient();
  const [setup, setSetup] = useState<Setup>();
  const [codes, setCodes] = useState<string[]>();
  const [question, askFirst] = useQuestion();
  const reread = () => queries.invalidateQueries(meQuery);
  const begin = async () => {
    try {
      setSetup(await ask<Setup>('POST', '/me/totp'));
    } catch (error) {
      sayError(error);
    }
  };
  const close = () => {
    setSetup(undefined);
    setCodes(undefined);
    void reread();
  };
  const turnOff = () =>
    askFirst({
      title: 'Turn the second factor off?',
      body: <Text>Then your password alone lets anyone in who knows it.</Text>,
      confirmLabel: 'Turn it off',
      danger: true,
      run: async () => {
        await ask('DELETE', '/me/totp');
        await reread();
        say('The second factor is off.');
      },
    });
  const newCodes = async () => {
    try {
      setCodes((await ask<{ recovery_codes: string[] }>('POST', '/me/recovery-codes')).recovery_codes);
    } catch (error) {
      sayError(error);
    }
  };
  return (
    <Panel title="Second factor" aside={me.totp_enabled ? <Badge tone="ok">on</Badge> : <Badge tone="warn">off</Badge>}>
      {me.totp_enabled ? (
        <Stack>
          <Text>
            Signing in asks for a code of your authenticator app. {me.recovery_codes_left} recovery{' '}
            {me.recovery_codes_left === 1 ? 'code is' : 'codes are'} left.
          </Text>
          {me.recovery_codes_left < 3 && <Note tone="warn">Make new recovery codes before the last one is used.</Note>}
          <Group>
            <Button variant="default" onClick={newCodes}>
              New recovery codes
            </Button>
            <Button variant="default" onClick={turnOff}>
              Turn off
            </Button>
          </Group>
        </Stack>
      ) : (
        <Stack>
          <Text>A code from an app on your phone, beside the password: who learns the password alone stays out.</Text>
          <Group>
            <Button onClick={begin}>Set up</Button>
          </Group>
        </Stack>
      )}
      <Dialog
        opened={setup !== undefined || codes !== undefined}
        onClose={close}
        title={codes ? 'Recovery codes' : 'Set up the second factor'}
        closing={codes ? 'buttons' : 'easy'}
      >
        {codes ? <RecoveryCodes codes={codes} onDone={close} /> : setup && <TurnOn setup={setup} onCodes={setCodes} />}
      </Dialog>
      {question}
    </Panel>
  );
}
