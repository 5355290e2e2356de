import type { ReactNode } from 'react';
import css from './overview.module.css';

/** Lines of a panel; undefined while they are read. */
export function Lines({ items, empty }: { items: ReactNode[] | undefined; empty: string }) {
  if (!items) return <div className={css.quiet}>Reading…</div>;
  if (items.length === 0) return <div className={css.quiet}>{empty}</div>;
  return <ul className={css.lines}>{items}</ul>;
}
