// Only the rows in view stand in the document, however long the list is.
import { useVirtualizer } from '@tanstack/react-virtual';
import { type CSSProperties, type ReactNode, useEffect, useRef } from 'react';
import { useWindow } from './fixed_window.ts';
import css from './list.module.css';

export interface RowPlace {
  index: number;
  style: CSSProperties;
  /** For the row's ref where rows are measured. */
  measure: ((element: HTMLElement | null) => void) | undefined;
  /** brief: rows fly by faster than anyone reads, and no two frames share one. */
  detail: 'all' | 'brief';
}

interface VirtualRowsProps {
  count: number;
  label: string;
  rowHeight: number;
  /** fixed: every row is as high as told, and none is measured: the way for lists that are scrolled in leaps. */
  sizing?: 'measured' | 'fixed';
  keyOf: (index: number) => string;
  render: (place: RowPlace) => ReactNode;
  /** Called when the last rows come into view. */
  onEnd?: (() => void) | undefined;
}

const overscan = 6;

const placed = (top: number, height?: number): CSSProperties => ({
  position: 'absolute',
  insetInline: 0,
  top: 0,
  height,
  transform: `translateY(${top}px)`,
});

type RowsProps = Omit<VirtualRowsProps, 'sizing'>;

function useEnd({ count, onEnd }: RowsProps, last: number): void {
  useEffect(() => {
    if (count > 0 && last >= count - 100) onEnd?.();
  }, [last, count, onEnd]);
}

interface FrameProps {
  label: string;
  viewport: React.RefObject<HTMLDivElement | null>;
  height: number;
  children: ReactNode;
}

const Frame = ({ label, viewport, height, children }: FrameProps) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
  <section className={css.viewport} ref={viewport} tabIndex={0} aria-label={label}>
    <ul style={{ position: 'relative', height, margin: 0, padding: 0, listStyle: 'none' }}>{children}</ul>
  </section>
);

/** Where a row stands is a product: nothing is kept of rows that are not shown, so a million costs what a hundred do. */
function FixedRows(props: RowsProps) {
  const { count, label, rowHeight, render } = props;
  const viewport = useRef<HTMLDivElement>(null);
  const { first, shown, isLeap } = useWindow(viewport, rowHeight);
  const from = Math.max(0, Math.min(first, count - shown) - overscan);
  const until = Math.min(count, first + shown + overscan);
  useEnd(props, until - 1);
  const rows: ReactNode[] = [];
  for (let index = from; index < until; ++index) {
    const style = placed(index * rowHeight, rowHeight);
    rows.push(render({ index, detail: isLeap ? 'brief' : 'all', measure: undefined, style }));
  }
  return (
    <Frame label={label} viewport={viewport} height={count * rowHeight}>
      {rows}
    </Frame>
  );
}

function MeasuredRows(props: RowsProps) {
  const { count, label, rowHeight, keyOf, render } = props;
  const viewport = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => viewport.current,
    estimateSize: () => rowHeight,
    overscan,
    getItemKey: keyOf,
    useFlushSync: false,
  });
  const items = virtual.getVirtualItems();
  useEnd(props, items.at(-1)?.index ?? 0);
  return (
    <Frame label={label} viewport={viewport} height={virtual.getTotalSize()}>
      {items.map(({ index, start }) =>
        render({ index, detail: 'all', measure: virtual.measureElement, style: placed(start) }),
      )}
    </Frame>
  );
}

export const VirtualRows = ({ sizing = 'measured', ...props }: VirtualRowsProps) =>
  sizing === 'fixed' ? <FixedRows {...props} /> : <MeasuredRows {...props} />;
