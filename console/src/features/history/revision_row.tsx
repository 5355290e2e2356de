import { Button, UnstyledButton } from '@mantine/core';
import type { ListRevision } from '@/api/types.ts';
import { Badge } from '@/components/bits.tsx';
import { Time } from '@/components/time.tsx';
import { listActionText } from '../audit/audit_text.ts';
import css from './history.module.css';

interface RevisionRowProps {
  of: ListRevision;
  actorName: (actor: string) => string;
  side: { from: boolean; to: boolean };
  onSide: (side: 'from' | 'to') => void;
  /** Shows what this change did. */
  onOpen: () => void;
  onRestore: (() => void) | undefined;
  isCurrent: boolean;
}

const plus = (sign: string, count: number) => (count === 0 ? '' : `${sign}${count.toLocaleString('en')}`);

export function countsText({ added, changed, removed }: Pick<ListRevision, 'added' | 'changed' | 'removed'>): string {
  return [plus('+', added), plus('−', removed), changed === 0 ? '' : `${changed.toLocaleString('en')} changed`]
    .filter((text) => text !== '')
    .join(', ');
}

const countsSpoken = ({ added, changed, removed }: ListRevision) =>
  `${added} added, ${removed} removed, ${changed} changed`;

export function RevisionRow({ of, actorName, side, onSide, onOpen, onRestore, isCurrent }: RevisionRowProps) {
  const counts = countsText(of);
  return (
    <li className={css.revision} data-revision={of.revision} data-chosen={side.to || undefined}>
      <span className={css.sides}>
        <input
          type="radio"
          name="compare-from"
          aria-label={`Compare from revision ${of.revision}`}
          checked={side.from}
          onChange={() => onSide('from')}
        />
        <input
          type="radio"
          name="compare-to"
          aria-label={`Compare to revision ${of.revision}`}
          checked={side.to}
          onChange={() => onSide('to')}
        />
      </span>
      <UnstyledButton className={css.open} onClick={onOpen}>
        <span className={css.what}>
          <strong>{actorName(of.actor)}</strong> {listActionText(of.action)}
          {isCurrent && (
            <>
              {' '}
              <Badge tone="ok">stands now</Badge>
            </>
          )}
        </span>
        <span className={css.meta}>
          <Time at={of.at} />
          <span className="kf-num">revision {of.revision.toLocaleString('en')}</span>
          {counts !== '' && (
            <span className="kf-num" title={countsSpoken(of)}>
              {counts}
            </span>
          )}
          <span className="kf-num">
            {of.entry_count === 1 ? '1 entry' : `${of.entry_count.toLocaleString('en')} entries`}
          </span>
          {of.mode !== 'enforce' && <Badge tone="warn">{of.mode === 'off' ? 'off' : 'monitoring'}</Badge>}
        </span>
      </UnstyledButton>
      {onRestore && (
        <Button
          size="compact-sm"
          variant="default"
          onClick={onRestore}
          aria-label={`Restore revision ${of.revision}`}
          className={css.restore}
        >
          Restore
        </Button>
      )}
    </li>
  );
}
