// From a blocked request to an entry: the address, to the list of one's choice.
import { Button, Radio, Stack, Text, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '@/api/client.ts';
import { ProblemError } from '@/api/problem.ts';
import { useMe } from '@/api/queries.ts';
import type { Decision, UsageRecord } from '@/api/types.ts';
import { Note, Problem } from '@/components/bits.tsx';
import { Dialog, DialogFoot } from '@/components/dialog.tsx';
import { enforcedAt } from '@/components/toast.ts';
import { addEntry, type ListOwner } from '../allowlists/list_api.ts';
import { layerName } from '../decisions/reasons.ts';

interface AllowAddressProps {
  opened: boolean;
  onClose: () => void;
  record: UsageRecord;
  accountId: string;
}

type Layer = ListOwner['layer'];

const scopeText: Record<Layer, string> = {
  key: 'This key alone may be used from it',
  account: 'Every key of the account may be used from it',
  global: 'The whole instance may be called from it',
};

export function AllowAddress({ opened, onClose, record, accountId }: AllowAddressProps) {
  const me = useMe();
  const queries = useQueryClient();
  const blocking = (record.layer === 'none' ? record.would_deny_layer : record.layer) as Layer | null;
  const choices = (['key', 'account', 'global'] as const).filter((layer) => layer !== 'global' || me.operator);
  const [layer, setLayer] = useState<Layer>(choices.find((choice) => choice === blocking) ?? 'key');
  const [text, setText] = useState(record.address ?? '');
  const [label, setLabel] = useState('');
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState<{ revision: number; decision: Decision }>();
  const owner: ListOwner =
    layer === 'global' ? { layer } : { layer, id: layer === 'account' ? accountId : (record.key_id ?? '') };
  const add = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const { revision } = await addEntry(owner, { text: text.trim(), label: label.trim() });
      const decision = await ask<Decision>('POST', '/decisions', {
        body: { key_id: record.key_id, address: record.address },
      });
      setDone({ revision, decision });
      for (const name of ['list', 'whole-list', 'list-summary', 'keys', 'key', 'decision-now', 'blocked-addresses']) {
        void queries.invalidateQueries({ queryKey: [name] });
      }
    } catch (thrown) {
      setError(thrown);
    } finally {
      setBusy(false);
    }
  };
  const close = () => {
    setDone(undefined);
    onClose();
  };
  const field = error instanceof ProblemError ? error.field('/text') : undefined;
  return (
    <Dialog opened={opened} onClose={close} title="Allow this address">
      {done ? (
        <>
          <Note
            tone={done.decision.outcome === 'allow' ? 'ok' : 'warn'}
            live="polite"
            title={done.decision.outcome === 'allow' ? 'Requests from it pass now' : 'Added, but still blocked'}
          >
            {enforcedAt(done.revision)}.{' '}
            {done.decision.outcome === 'deny' &&
              `${layerName[done.decision.layer]} does not admit ${record.address}: add it there too.`}
          </Note>
          <DialogFoot>
            {done.decision.outcome === 'deny' && (
              <Button variant="default" onClick={() => setDone(undefined)}>
                Add it to another list
              </Button>
            )}
            <Button onClick={close} data-autofocus>
              Done
            </Button>
          </DialogFoot>
        </>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void add();
          }}
        >
          <Stack>
            <TextInput
              label="Address, CIDR or range"
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
              styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
              error={field?.message}
              required
            />
            <TextInput
              label="Name"
              placeholder="Whose address it is"
              maxLength={100}
              value={label}
              onChange={(event) => setLabel(event.currentTarget.value)}
              data-autofocus
            />
            <Radio.Group label="Into this list" value={layer} onChange={(value) => setLayer(value as Layer)}>
              <Stack gap={8} mt={8}>
                {choices.map((choice) => (
                  <Radio
                    key={choice}
                    value={choice}
                    label={layerName[choice]}
                    description={
                      choice === blocking
                        ? `${scopeText[choice]}. It is this list that blocked.`
                        : `${scopeText[choice]}.`
                    }
                  />
                ))}
              </Stack>
            </Radio.Group>
            <Text size="sm" c="dimmed">
              A request must pass all three lists; one that has no entries and is open lets every address pass.
            </Text>
            {!field && <Problem error={error} />}
          </Stack>
          <DialogFoot>
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" loading={busy}>
              Allow
            </Button>
          </DialogFoot>
        </form>
      )}
    </Dialog>
  );
}
