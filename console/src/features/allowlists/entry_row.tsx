// One entry of a list: a click opens it, the trash icon removes it. Plain elements throughout: while a long list is
// scrolled, dozens of rows are made for every frame.
import { IconArrowBackUp, IconTrash } from '@tabler/icons-react';
import type { CSSProperties } from 'react';
import type { Entry } from '@/api/types.ts';
import { Badge } from '@/components/bits.tsx';
import { Time } from '@/components/time.tsx';
import { countText, rangeOf, shortForm } from '@/net/range.ts';
import css from './list.module.css';
import { isExpired } from './list_api.ts';

export type RowChange = 'none' | 'added' | 'changed' | 'removed';
export type RowEntry = Pick<Entry, 'canonical' | 'label' | 'enabled' | 'expires_at'> &
  Partial<Pick<Entry, 'added_at' | 'added_by' | 'evidence'>>;

interface EntryRowProps {
  entry: RowEntry;
  change?: RowChange;
  onOpen?: (() => void) | undefined;
  onRemove?: (() => void) | undefined;
  onRestore?: (() => void) | undefined;
  style?: CSSProperties;
  position?: { index: number; count: number };
  measure?: ((element: HTMLElement | null) => void) | undefined;
  /** cut: what is too long for its line ends in dots, so that every row is equally high. */
  lines?: 'all' | 'cut';
  /** brief: what it is, and nothing that is made for a click. */
  detail?: 'all' | 'brief';
}

const changeText: Record<RowChange, string> = {
  none: '',
  added: 'new',
  changed: 'changed',
  removed: 'removed on save',
};
const changeTone = { none: 'quiet', added: 'ok', changed: 'warn', removed: 'bad' } as const;

function amount(canonical: string): string {
  const range = rangeOf(canonical);
  if (!range) return '';
  const count = range.last - range.first + 1n;
  return count === 1n ? '1 address' : `${countText(count)} addresses`;
}

const hitsText = (hits: number) =>
  hits === 1 ? 'has admitted one request' : `has admitted ${hits.toLocaleString('en')} requests`;

export function EntryRow(props: EntryRowProps) {
  const { entry, change = 'none', style, position, measure, lines = 'all', detail = 'all' } = props;
  const { onOpen, onRemove, onRestore } = detail === 'all' ? props : ({} as Partial<EntryRowProps>);
  const text = shortForm(entry.canonical);
  const named = entry.label !== '';
  const what = (
    <span className={css.what}>
      {named && <span className={css.name}>{entry.label}</span>}
      <span className={`kf-mono ${css.text}`} style={named ? { color: 'var(--mantine-color-dimmed)' } : undefined}>
        {text}
      </span>
    </span>
  );
  const body =
    detail === 'brief' ? (
      what
    ) : (
      <>
        {what}
        <span className={css.meta}>
          <span className="kf-num">{amount(entry.canonical)}</span>
          {change !== 'none' && <Badge tone={changeTone[change]}>{changeText[change]}</Badge>}
          {!entry.enabled && <Badge tone="quiet">not in use</Badge>}
          {isExpired(entry) && <Badge tone="bad">ended</Badge>}
          {entry.expires_at && !isExpired(entry) && (
            <Badge tone="warn">
              ends <Time at={entry.expires_at} />
            </Badge>
          )}
          {change === 'none' && entry.evidence && (
            <span title={hitsText(entry.evidence.hits)}>
              used <Time at={entry.evidence.last_at} />
            </span>
          )}
          {change === 'none' && !entry.evidence && entry.added_at && (
            <span>
              added <Time at={entry.added_at} />
              {entry.evidence === null && ', not used yet'}
            </span>
          )}
        </span>
      </>
    );
  return (
    <li
      className={css.row}
      data-change={change}
      data-entry={entry.canonical}
      data-lines={lines}
      style={style}
      ref={measure}
      data-index={position?.index}
      aria-setsize={position?.count}
      aria-posinset={position && position.index + 1}
    >
      {onOpen ? (
        <button type="button" className={css.open} onClick={onOpen}>
          <span className="kf-hidden">Edit</span>
          {body}
        </button>
      ) : (
        <div className={css.open}>{body}</div>
      )}
      {onRestore && (
        <button
          type="button"
          className={css.icon}
          title="Keep it after all"
          aria-label={`Keep ${text}`}
          onClick={onRestore}
        >
          <IconArrowBackUp size={17} aria-hidden />
        </button>
      )}
      {onRemove && (
        <button
          type="button"
          className={css.icon}
          title="Remove"
          aria-label={`Remove ${named ? `${entry.label}, ` : ''}${text}`}
          onClick={onRemove}
        >
          <IconTrash size={17} aria-hidden />
        </button>
      )}
    </li>
  );
}
