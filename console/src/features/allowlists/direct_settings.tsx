import { Anchor, Button, Text } from '@mantine/core';
import { useState } from 'react';
import { call } from '@/api/client.ts';
import { hasCode } from '@/api/problem.ts';
import type { Allowlist, AllowlistSettings, ListMode, WhenEmpty } from '@/api/types.ts';
import { Problem } from '@/components/bits.tsx';
import { useQuestion } from '@/components/dialog.tsx';
import { enforcedAt, say } from '@/components/toast.tsx';
import css from './list.module.css';
import { type ListOwner, listPath, openToEveryone } from './list_api.ts';
import { ListSettings } from './list_settings.tsx';

interface DirectSettingsProps {
  owner: ListOwner;
  facts: Allowlist;
  access: 'edit' | 'read';
  onSaved: () => Promise<unknown>;
}

/** Mode and meaning of emptiness, saved by themselves. */
export function DirectSettings({ owner, facts, access, onSaved }: DirectSettingsProps) {
  const [open, setOpen] = useState(false);
  const [chosen, setChosen] = useState<{ mode?: ListMode; when_empty?: WhenEmpty }>({});
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const [question, askFirst] = useQuestion();
  const mode = chosen.mode ?? facts.mode;
  const whenEmpty = chosen.when_empty ?? facts.when_empty;
  const changed = mode !== facts.mode || whenEmpty !== facts.when_empty;

  const save = async (confirmed: boolean) => {
    setBusy(true);
    setError(undefined);
    try {
      const { data } = await call<AllowlistSettings>('PATCH', listPath(owner), {
        query: confirmed ? openToEveryone : {},
        body: { mode, when_empty: whenEmpty },
      });
      setChosen({});
      await onSaved();
      say(`Settings saved. ${enforcedAt(data.revision)}.`);
    } catch (thrown) {
      if (hasCode(thrown, 'would_open_list')) {
        askFirst({
          title: 'Open to any address?',
          body: <Text>The list is empty; with this setting it admits every address.</Text>,
          confirmLabel: 'Open it to any address',
          danger: true,
          run: () => save(true),
        });
        return;
      }
      setError(thrown);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <div className={css.tools}>
        <Anchor component="button" type="button" size="sm" onClick={() => setOpen(!open)} aria-expanded={open}>
          {open ? 'Hide settings of the list' : 'Settings of the list'}
        </Anchor>
      </div>
      {open && (
        <ListSettings
          mode={mode}
          whenEmpty={whenEmpty}
          onChange={(change) => setChosen((before) => ({ ...before, ...change }))}
          disabled={access === 'read'}
        />
      )}
      {(changed || Boolean(error)) && (
        <div className={css.saveBar}>
          <div>
            <Text fw={600}>Settings changed, not saved yet</Text>
            <Problem error={error} />
          </div>
          <Button onClick={() => void save(false)} loading={busy}>
            Save settings
          </Button>
        </div>
      )}
      {question}
    </>
  );
}
