import type { ReactNode } from 'react';
import type { Entry } from '@/api/types.ts';
import { Badge, type Tone } from '@/components/bits.tsx';
import { Time } from '@/components/time.tsx';
import { shortForm } from '@/net/range.ts';
import { type Changes, fieldsOf } from './difference.ts';
import css from './history.module.css';

const modeText: Record<string, string> = { enforce: 'enforced', monitor: 'monitoring only', off: 'off' };
const emptyText: Record<string, string> = { allow: 'any address', deny: 'no address' };

function Line({ tone, word, children }: { tone: Tone; word: string; children: ReactNode }) {
  return (
    <li className={css.change}>
      <Badge tone={tone} dot="none">
        {word}
      </Badge>
      <div className={css.changeText}>{children}</div>
    </li>
  );
}

const Named = ({ of: entry }: { of: Entry }) => (
  <>
    <span className="kf-mono">{shortForm(entry.canonical)}</span> {entry.label}
    {!entry.enabled && <span className={css.aside}> not in use</span>}
    {entry.expires_at && (
      <span className={css.aside}>
        {' '}
        until <Time at={entry.expires_at} style="date" />
      </span>
    )}
  </>
);

const BeforeAfter = ({ name, before, after }: { name: string; before: ReactNode; after: ReactNode }) => (
  <div className={css.field}>
    {name}: <del>{before}</del> <span aria-hidden>→</span> <ins>{after}</ins>
  </div>
);

const value = (name: string, text: string) =>
  name === 'end' && text !== 'never' ? <Time at={text} style="date" /> : text;

/** What came, went and became another, one line each. */
export function ChangesList({ of: changes, label }: { of: Changes; label: string }) {
  const { added, removed, changed, settings } = changes;
  return (
    <ul className={css.changes} aria-label={label}>
      {settings.mode && (
        <Line tone="warn" word="settings">
          <BeforeAfter
            name="the list is"
            before={modeText[settings.mode[0] ?? '']}
            after={modeText[settings.mode[1] ?? '']}
          />
        </Line>
      )}
      {settings.when_empty && (
        <Line tone="warn" word="settings">
          <BeforeAfter
            name="empty, it admits"
            before={emptyText[settings.when_empty[0] ?? '']}
            after={emptyText[settings.when_empty[1] ?? '']}
          />
        </Line>
      )}
      {added.map((entry) => (
        <Line key={entry.id} tone="ok" word="added">
          <Named of={entry} />
        </Line>
      ))}
      {removed.map((entry) => (
        <Line key={entry.id} tone="bad" word="removed">
          <Named of={entry} />
        </Line>
      ))}
      {changed.map(({ before, after }) => (
        <Line key={after.id} tone="warn" word="changed">
          <Named of={after} />
          {fieldsOf(before, after).map((field) => (
            <BeforeAfter
              key={field.name}
              name={field.name}
              before={value(field.name, field.before)}
              after={value(field.name, field.after)}
            />
          ))}
        </Line>
      ))}
    </ul>
  );
}
