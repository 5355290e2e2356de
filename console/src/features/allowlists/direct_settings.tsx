import { Anchor, Button, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '@/api/client.ts';
import { hasCode } from '@/api/problem.ts';
import type { Allowlist, AllowlistSettings, ListMode, WhenEmpty } from '@/api/types.ts';
import { Note, Problem } from '@/components/bits.tsx';
import { useQuestion } from '@/components/dialog.tsx';
import { enforcedAt, say } from '@/components/toast.ts';
import { ChangesList } from '../history/changes_list.tsx';
import type { Changes } from '../history/difference.ts';
import css from './list.module.css';
import { type ListOwner, listPath, listQuery, openToEveryone } from './list_api.ts';
import { ListSettings } from './list_settings.tsx';

type Settings = Pick<Allowlist, 'mode' | 'when_empty'>;

interface DirectSettingsProps {
  owner: ListOwner;
  facts: Allowlist;
  access: 'edit' | 'read';
  onSaved: () => Promise<unknown>;
}

/** Mode and meaning of emptiness, saved by themselves. */
export function DirectSettings({ owner, facts, access, onSaved }: DirectSettingsProps) {
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  /** What stood when the first choice was made, and what somebody has put in its place since. */
  const [base, setBase] = useState<Settings>();
  const [meanwhile, setMeanwhile] = useState<Changes>();
  const [chosen, setChosen] = useState<{ mode?: ListMode; when_empty?: WhenEmpty }>({});
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const [question, askFirst] = useQuestion();
  const mode = chosen.mode ?? facts.mode;
  const whenEmpty = chosen.when_empty ?? facts.when_empty;
  const changed = mode !== facts.mode || whenEmpty !== facts.when_empty;

  const choose = (change: Partial<Settings>) => {
    if (!base) setBase(facts);
    setChosen((before) => ({ ...before, ...change }));
  };
  /** The ETag of the list whose settings are those that the choice was made from; entries may have changed. */
  const unchanged = async (): Promise<string | undefined> => {
    const { data: now, etag } = await call<Allowlist>('GET', listPath(owner), { query: { limit: 1 } });
    const was = base ?? facts;
    if (now.mode === was.mode && now.when_empty === was.when_empty) return etag ?? '';
    setMeanwhile({
      added: [],
      removed: [],
      changed: [],
      settings: {
        ...(now.mode === was.mode ? {} : { mode: [was.mode, now.mode] }),
        ...(now.when_empty === was.when_empty ? {} : { when_empty: [was.when_empty, now.when_empty] }),
      },
    });
    setBase(now);
    await queries.invalidateQueries({ queryKey: listQuery(owner).queryKey });
    return undefined;
  };
  const save = async (confirmed: boolean) => {
    setBusy(true);
    setError(undefined);
    setMeanwhile(undefined);
    try {
      const etag = await unchanged();
      if (etag === undefined) return;
      const { data } = await call<AllowlistSettings>('PATCH', listPath(owner), {
        query: confirmed ? openToEveryone : {},
        body: { mode, when_empty: whenEmpty },
        ifMatch: etag,
      });
      setChosen({});
      setBase(undefined);
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
        <Anchor component="button" type="button" size="sm" mih={24} onClick={() => setOpen(!open)} aria-expanded={open}>
          {open ? 'Hide settings of the list' : 'Settings of the list'}
        </Anchor>
      </div>
      {open && <ListSettings mode={mode} whenEmpty={whenEmpty} onChange={choose} disabled={access === 'read'} />}
      {(changed || Boolean(error)) && (
        <div className={css.saveBar}>
          <div>
            <Text fw={600}>Settings changed, not saved yet</Text>
            {meanwhile && (
              <Note tone="warn" title="Somebody changed these settings meanwhile" live="assertive">
                Nothing was saved. What became of them stands below; Save settings puts yours in their place.
                <ChangesList of={meanwhile} label="What changed meanwhile" />
              </Note>
            )}
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
