import { ActionIcon } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Notifications } from '@mantine/notifications';
import '@mantine/notifications/styles.css';
import { IconMenu2 } from '@tabler/icons-react';
import { Link, Outlet, useLocation } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { SidePanel } from '@/components/dialog.tsx';
import { Logo } from './logo.tsx';
import { Navigation } from './navigation.tsx';
import { PersonMenu } from './person_menu.tsx';
import { SessionGate } from './session_gate.tsx';
import css from './shell.module.css';
import { Unreachable } from './unreachable.tsx';

const Brand = () => (
  <Link to="/" className={css.brand}>
    <Logo />
    Keyfence
  </Link>
);

export function Shell() {
  const [menuOpen, menu] = useDisclosure(false);
  const { pathname } = useLocation();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    menu.close();
    // A new page begins at its top for the keyboard too.
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
  }, [pathname]);
  return (
    <>
      <a className="kf-skip" href="#main">
        Skip to the page
      </a>
      <div className={css.shell}>
        <header className={css.rail}>
          <Brand />
          <Navigation />
          <div className={css.foot}>
            <PersonMenu />
          </div>
        </header>
        <div className={css.bar}>
          <ActionIcon aria-label="Open the menu" onClick={menu.open} size="lg">
            <IconMenu2 size={20} />
          </ActionIcon>
          <Brand />
        </div>
        <main className={css.main} id="main" ref={main} tabIndex={-1} style={{ outline: 'none' }}>
          <Unreachable />
          <Outlet />
        </main>
      </div>
      <SidePanel opened={menuOpen} onClose={menu.close} title="Menu" size={300}>
        <div className={css.drawerRail}>
          <Navigation />
          <div className={css.foot}>
            <PersonMenu />
          </div>
        </div>
      </SidePanel>
      <SessionGate />
      <Notifications position="bottom-right" limit={4} />
    </>
  );
}
