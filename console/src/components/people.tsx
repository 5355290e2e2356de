// What tables of people share: who it is, how they sign in, and the button that ends it.
import { Button } from '@mantine/core';
import { Badge, type Tone } from './bits.tsx';
import type { Column } from './table_panel.tsx';
import { Time } from './time.tsx';
import css from './ui.module.css';

interface Person {
  name: string;
  login: string;
  totp_enabled: boolean;
  last_sign_in_at: string | null;
}

export const personName = ({ name, login }: Pick<Person, 'name' | 'login'>): string => name || login;

export const personColumn: Column<Person> = {
  name: 'Person',
  kind: 'head',
  cell: (person) => (
    <>
      <strong>{personName(person)}</strong>
      {person.name !== '' && <div className={css.dimmed}>{person.login}</div>}
    </>
  ),
};

/** `without`: how it looks that somebody has no second factor. */
export const signInColumns = (without: Tone): Column<Person>[] => [
  {
    name: 'Second factor',
    cell: (person) => <Badge tone={person.totp_enabled ? 'ok' : without}>{person.totp_enabled ? 'on' : 'off'}</Badge>,
  },
  { name: 'Last signed in', cell: (person) => <Time at={person.last_sign_in_at} /> },
];

interface EndButtonProps {
  /** What it does, in a word. */
  verb: string;
  /** To what, for who does not see the row. */
  what: string;
  onClick: () => void;
}

export const EndButton = ({ verb, what, onClick }: EndButtonProps) => (
  <Button variant="subtle" color="red" size="compact-sm" onClick={onClick} aria-label={`${verb} ${what}`}>
    {verb}
  </Button>
);
