import { type ReactNode, useEffect } from 'react';
import { Logo } from '@/app/logo.tsx';
import css from './doorway.module.css';

/** The frame of the pages before one is signed in. */
export function Doorway({ title, children, foot }: { title: string; children: ReactNode; foot?: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Keyfence`;
  }, [title]);
  return (
    <main className={css.doorway}>
      <div className={css.card}>
        <div className={css.brand}>
          <Logo size={32} />
          Keyfence
        </div>
        <h1 className={css.title}>{title}</h1>
        {children}
        {foot !== undefined && <div className={css.foot}>{foot}</div>}
      </div>
    </main>
  );
}
