// The sign-in form of who came from outside; what is behind it is loaded while the person types.
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import type { Me } from '@/api/types.ts';
import { SignInPage } from './sign_in_page.tsx';

const loadApp = () => import('@/app/app.tsx');

export function showDoor(element: HTMLElement): void {
  const root = createRoot(element);
  const to = new URLSearchParams(window.location.search).get('to') ?? undefined;
  const enter = async (me: Me | undefined, path: string) => {
    window.history.replaceState(null, '', path);
    const { prepareApp, showApp } = await loadApp();
    await prepareApp(me);
    root.unmount();
    showApp(element);
  };
  root.render(
    <StrictMode>
      <SignInPage to={to} onBegin={loadApp} onSignedIn={enter} />
    </StrictMode>,
  );
}
