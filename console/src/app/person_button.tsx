// Who is signed in. The menu behind the button is loaded when somebody is about to open it.
import { IconDotsVertical } from '@tabler/icons-react';
import { type ButtonHTMLAttributes, lazy, type Ref, Suspense, useState } from 'react';
import { useMe } from '@/api/queries.ts';
import { styled } from './library.ts';
import css from './shell.module.css';

const load = () => styled(import('./person_menu.tsx'));
const PersonMenu = lazy(load);

export const initialsOf = (name: string): string =>
  name
    .split(/[\s._@-]+/)
    .filter((part) => part !== '')
    .slice(0, 2)
    .map((part) => part[0]!.toUpperCase())
    .join('');

export function PersonFace({
  ref,
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & { ref?: Ref<HTMLButtonElement> }) {
  const me = useMe();
  const name = me.name || me.login || me.id;
  return (
    <button type="button" {...rest} ref={ref} className={css.person}>
      <span className={css.initials} aria-hidden>
        {initialsOf(name) || '?'}
      </span>
      <span className={css.personText}>
        <span>{name}</span>
        <span>{me.operator ? 'Operator' : me.login}</span>
        <span className="kf-hidden">: profile, appearance, sign out</span>
      </span>
      <IconDotsVertical size={16} aria-hidden />
    </button>
  );
}

export function PersonButton() {
  const [wanted, setWanted] = useState(false);
  const closed = (
    <PersonFace
      aria-haspopup="menu"
      aria-expanded={false}
      onPointerEnter={load}
      onFocus={load}
      onClick={() => setWanted(true)}
    />
  );
  return wanted ? (
    <Suspense fallback={closed}>
      <PersonMenu />
    </Suspense>
  ) : (
    closed
  );
}
