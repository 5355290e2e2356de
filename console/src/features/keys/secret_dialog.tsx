import { Button, Checkbox, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { KeyWithSecret } from '@/api/types.ts';
import { SecretOnce } from '@/components/copy.tsx';
import { Dialog, DialogFoot } from '@/components/dialog.tsx';

interface SecretDialogProps {
  created: KeyWithSecret | undefined;
  title: string;
  onClose: () => void;
}

/** The secret of a key, shown this once. */
export function SecretDialog({ created, title, onClose }: SecretDialogProps) {
  const [kept, setKept] = useState(false);
  const close = () => {
    setKept(false);
    onClose();
  };
  return (
    <Dialog opened={created !== undefined} onClose={close} title={title} size="lg" closing="buttons">
      <Stack>
        <Text>
          Copy the secret of <strong>{created?.key.name}</strong> now and keep it where your program finds it. Keyfence
          stores only its fingerprint and cannot show it again.
        </Text>
        {created && <SecretOnce value={created.secret} label={`Secret of ${created.key.name}`} />}
        <Checkbox
          label="I have copied the secret"
          checked={kept}
          onChange={(event) => setKept(event.currentTarget.checked)}
        />
      </Stack>
      <DialogFoot>
        <Button onClick={close} disabled={!kept}>
          Done
        </Button>
      </DialogFoot>
    </Dialog>
  );
}
