// Only the rows in view stand in the document, however long the list is.
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useRef } from 'react';
import css from './list.module.css';

export interface RowPlace {
  index: number;
  style: React.CSSProperties;
  /** For the row's ref where rows are measured. */
  measure: ((element: HTMLElement | null) => void) | undefined;
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

export function VirtualRows({ count, label, rowHeight, sizing = 'measured', keyOf, render, onEnd }: VirtualRowsProps) {
  const viewport = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => viewport.current,
    estimateSize: () => rowHeight,
    overscan: 6,
    getItemKey: keyOf,
    useFlushSync: false,
  });
  // Of rows that are not measured a new height counts for all.
  useEffect(() => {
    if (sizing === 'fixed' && rowHeight > 0) virtual.measure();
  }, [sizing, rowHeight, virtual]);
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (count > 0 && last >= count - 100) onEnd?.();
  }, [last, count, onEnd]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className={css.viewport} ref={viewport} tabIndex={0} aria-label={label}>
      <ul style={{ position: 'relative', height: virtual.getTotalSize(), margin: 0, padding: 0, listStyle: 'none' }}>
        {items.map((item) =>
          render({
            index: item.index,
            measure: sizing === 'fixed' ? undefined : virtual.measureElement,
            style: {
              position: 'absolute',
              insetInline: 0,
              top: 0,
              height: sizing === 'fixed' ? rowHeight : undefined,
              transform: `translateY(${item.start}px)`,
            },
          }),
        )}
      </ul>
    </section>
  );
}
