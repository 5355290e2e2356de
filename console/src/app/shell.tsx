// The frame of every page behind the sign-in form. What it shows only when asked for is loaded only then.
import { IconMenu2 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Outlet, useLocation } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { gate } from '@/api/gate.ts';
import { MeContext, meQuery } from '@/api/queries.ts';
import { plainIconButton } from '@/components/plain.tsx';
import { toasts } from '@/components/toast.ts';
import { styled } from './library.ts';
import { Logo } from './logo.tsx';
import { NavLink } from './nav_link.tsx';
import { Navigation } from './navigation.tsx';
import { PersonButton } from './person_button.tsx';
import css from './shell.module.css';
import { Unreachable } from './unreachable.tsx';

const NarrowMenu = lazy(() => styled(import('./narrow_menu.tsx')));
const SessionGate = lazy(() => styled(import('./session_gate.tsx')));
const Toasts = lazy(() => styled(import('@/components/toasts.tsx')));

const Brand = () => (
  <NavLink to="/" className={css.brand}>
    <Logo />
    Keyfence
  </NavLink>
);

/** The dialogs and messages, from the first that is wanted on. */
function OnDemand() {
  const { ask } = useSyncExternalStore(gate.subscribe, gate.read);
  const said = useSyncExternalStore(toasts.subscribe, toasts.areWanted);
  const [asked, setAsked] = useState(false);
  useEffect(() => {
    if (ask) setAsked(true);
  }, [ask]);
  return (
    <Suspense>
      {(asked || ask) && <SessionGate />}
      {said && <Toasts />}
    </Suspense>
  );
}

export function Shell() {
  const [menu, setMenu] = useState<'never' | 'open' | 'closed'>('never');
  const { data: me } = useQuery(meQuery);
  const pathname = useLocation({ select: (location) => location.pathname });
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    setMenu((before) => (before === 'open' ? 'closed' : before));
    // A new page begins at its top for the keyboard too.
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
  }, [pathname]);
  return (
    <MeContext value={me}>
      <a className="kf-skip" href="#main">
        Skip to the page
      </a>
      <div className={css.shell}>
        <header className={css.rail}>
          <Brand />
          <Navigation />
          <div className={css.foot}>
            <PersonButton />
          </div>
        </header>
        <div className={css.bar}>
          <button type="button" className={plainIconButton} aria-label="Open the menu" onClick={() => setMenu('open')}>
            <IconMenu2 size={20} />
          </button>
          <Brand />
        </div>
        <main className={css.main} id="main" ref={main} tabIndex={-1} style={{ outline: 'none' }}>
          <Unreachable />
          <Outlet />
        </main>
      </div>
      {menu !== 'never' && (
        <Suspense>
          <NarrowMenu opened={menu === 'open'} onClose={() => setMenu('closed')} />
        </Suspense>
      )}
      <OnDemand />
    </MeContext>
  );
}
