// Which rows of equal height are in view.
import { type RefObject, useEffect, useState } from 'react';

interface View {
  /** The first row in view, and how many there is room for. */
  first: number;
  shown: number;
  /** It is being scrolled so fast that no two frames share a row. */
  isLeap: boolean;
}

/** So long after the last step the scrolling is over. */
const restMs = 120;

export function useWindow(viewport: RefObject<HTMLElement | null>, rowHeight: number): View {
  const [view, setView] = useState<View>({ first: 0, shown: 0, isLeap: false });
  useEffect(() => {
    const box = viewport.current!;
    let rest: ReturnType<typeof setTimeout> | undefined;
    const look = (kind: 'step' | 'still') =>
      setView((before) => {
        const first = Math.floor(box.scrollTop / rowHeight);
        const shown = Math.ceil(box.clientHeight / rowHeight) + 1;
        const isLeap = kind === 'step' && Math.abs(first - before.first) > shown;
        const isSame = first === before.first && shown === before.shown && isLeap === before.isLeap;
        return isSame ? before : { first, shown, isLeap };
      });
    const onScroll = () => {
      clearTimeout(rest);
      rest = setTimeout(look, restMs, 'still');
      look('step');
    };
    look('still');
    const size = new ResizeObserver(() => look('still'));
    size.observe(box);
    box.addEventListener('scroll', onScroll, { passive: true });
    return () => {
      clearTimeout(rest);
      size.disconnect();
      box.removeEventListener('scroll', onScroll);
    };
  }, [viewport, rowHeight]);
  return view;
}
