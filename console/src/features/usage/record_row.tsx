import type { CSSProperties } from 'react';
import type { UsageRecord } from '@/api/types.ts';
import { Address, Badge } from '@/components/bits.tsx';
import { Time } from '@/components/time.tsx';
import { secondsOf } from '@/components/time_formats.ts';
import { reasonName, reasonTone } from '../decisions/reasons.ts';
import css from './usage.module.css';

export function duration(micros: number): string {
  if (micros < 1_000) return `${micros} µs`;
  if (micros < 1_000_000) return `${(micros / 1_000).toFixed(micros < 10_000 ? 1 : 0)} ms`;
  return `${(micros / 1_000_000).toFixed(1)} s`;
}

export const RowHead = () => (
  <div className={`${css.row} ${css.head}`} aria-hidden>
    <span>Time</span>
    <span>Decision</span>
    <span>Request</span>
    <span>From</span>
    <span>Key</span>
    <span className={css.end}>Took</span>
  </div>
);

interface RecordRowProps {
  record: UsageRecord;
  keyName: string | undefined;
  open: boolean;
  onOpen: () => void;
  style?: CSSProperties;
  measure?: ((element: HTMLElement | null) => void) | undefined;
  index?: number;
  /** brief: it flies by, and says what can be read meanwhile. */
  detail?: 'all' | 'brief';
}

export function RecordRow({ record, keyName, open, onOpen, style, measure, index, detail = 'all' }: RecordRowProps) {
  if (detail === 'brief') {
    return (
      <li style={style} data-index={index} data-request={record.request_id}>
        <div className={css.row}>
          <span className="kf-num">{secondsOf(new Date(record.time))}</span>
          <span>{record.status}</span>
          <span>{record.path}</span>
        </div>
      </li>
    );
  }
  const outcome = record.decision === 'deny' ? 'Blocked' : record.would_deny ? 'Would block' : 'Allowed';
  return (
    <li style={style} ref={measure} data-index={index} data-request={record.request_id}>
      <button type="button" className={css.row} data-open={open} onClick={onOpen}>
        <span>
          <Time at={record.time} style="log" />
        </span>
        <span>
          <Badge tone={reasonTone(record.reason, record.would_deny)}>
            {outcome} {record.status > 0 && record.status}
          </Badge>
        </span>
        <span title={record.path}>
          <span className={css.method}>{record.method}</span>
          {record.path}
        </span>
        <span>
          <Address of={record.address} />
        </span>
        <span title={record.decision === 'deny' ? reasonName(record.reason) : undefined}>
          {keyName ?? (record.key_id ? <span className="kf-mono">{record.key_id}</span> : 'none')}
        </span>
        <span className={`${css.end} kf-num`}>{duration(record.duration_micros)}</span>
      </button>
    </li>
  );
}
