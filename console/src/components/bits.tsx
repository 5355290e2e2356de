// Small things that every page shows the same way.
import { IconAlertTriangle, IconCircleX, IconInfoCircle, IconShieldCheck } from '@tabler/icons-react';
import { Fragment, type ReactNode } from 'react';
import { messageOf, ProblemError } from '@/api/problem.ts';
import { shortForm } from '@/net/range.ts';
import { Dots } from './plain.tsx';
import css from './ui.module.css';

export type Tone = 'ok' | 'bad' | 'warn' | 'info' | 'quiet';

export function Badge({ tone, children, dot = 'shown' }: { tone: Tone; children: ReactNode; dot?: 'shown' | 'none' }) {
  return <span className={`${css.badge} ${css[tone]} ${dot === 'none' ? css.plain : ''}`}>{children}</span>;
}

/** An address or entry; a single address goes without its /32. */
export const Address = ({ of }: { of: string | null | undefined }) =>
  of ? <span className="kf-mono">{shortForm(of)}</span> : <span>unknown</span>;

const noteIcons = {
  ok: IconShieldCheck,
  bad: IconCircleX,
  warn: IconAlertTriangle,
  info: IconInfoCircle,
  quiet: IconInfoCircle,
} as const;

interface NoteProps {
  tone: Tone;
  title?: ReactNode;
  children?: ReactNode;
  /** Said at once by screen readers. */
  live?: 'polite' | 'assertive';
}

export function Note({ tone, title, children, live }: NoteProps) {
  const Icon = noteIcons[tone];
  const role = live === 'assertive' ? 'alert' : live === 'polite' ? 'status' : undefined;
  return (
    <div className={`${css.note} ${css[tone]}`} role={role}>
      <Icon size={18} stroke={1.8} aria-hidden />
      <div className={css.noteBody}>
        {title !== undefined && <div className={css.noteTitle}>{title}</div>}
        {children}
      </div>
    </div>
  );
}

/** What went wrong and, where it helps support, the request's id. */
export function Problem({ error, title }: { error: unknown; title?: string }) {
  if (!error) return null;
  const id = error instanceof ProblemError ? error.problem.request_id : '';
  return (
    <Note tone="bad" live="assertive" title={title}>
      {messageOf(error)}
      {id !== '' && error instanceof ProblemError && error.status >= 500 && (
        <div>
          Request <code>{id}</code>
        </div>
      )}
    </Note>
  );
}

interface EmptyProps {
  icon: ReactNode;
  title: string;
  children: ReactNode;
  action?: ReactNode;
  /** Where it is all that the page shows. */
  heading?: 'page' | 'panel';
}

export function Empty({ icon, title, children, action, heading = 'panel' }: EmptyProps) {
  return (
    <div className={css.empty}>
      <span className={css.emptyIcon} aria-hidden>
        {icon}
      </span>
      {heading === 'page' ? <h1>{title}</h1> : <h2>{title}</h2>}
      <div className={css.emptyText}>{children}</div>
      {action}
    </div>
  );
}

export const Loading = ({ label = 'Loading' }: { label?: string }) => (
  <div className={css.empty} role="status">
    <Dots />
    <span className={css.emptyText}>{label}</span>
  </div>
);

export function Facts({ of }: { of: [string, ReactNode][] }) {
  return (
    <dl className={css.facts}>
      {of.map(([term, value]) => (
        <Fragment key={term}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </Fragment>
      ))}
    </dl>
  );
}
