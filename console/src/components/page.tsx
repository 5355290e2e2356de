import { type ReactNode, useEffect } from 'react';
import css from './ui.module.css';

interface PageProps {
  title: string;
  lede?: ReactNode;
  actions?: ReactNode;
  /** Uses what a large screen offers. */
  width?: 'text' | 'wide';
  children: ReactNode;
}

export function Page({ title, lede, actions, width = 'text', children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Keyfence`;
  }, [title]);
  return (
    <div className={`${css.page} ${width === 'wide' ? css.wide : ''}`}>
      <div className={css.pageHead}>
        <div className={css.pageText}>
          <h1>{title}</h1>
          {lede !== undefined && <div className={css.lede}>{lede}</div>}
        </div>
        {actions}
      </div>
      {children}
    </div>
  );
}

interface PanelProps {
  title?: ReactNode;
  aside?: ReactNode;
  /** Tables reach the edges. */
  padding?: 'normal' | 'none';
  children: ReactNode;
  label?: string;
}

export function Panel({ title, aside, padding = 'normal', children, label }: PanelProps) {
  return (
    <section className={css.panel} aria-label={label ?? (typeof title === 'string' ? title : undefined)}>
      {(title !== undefined || aside !== undefined) && (
        <div className={css.panelHead}>
          {typeof title === 'string' ? <h2>{title}</h2> : title}
          {aside !== undefined && <div className={css.aside}>{aside}</div>}
        </div>
      )}
      {padding === 'none' ? children : <div className={css.panelBody}>{children}</div>}
    </section>
  );
}
