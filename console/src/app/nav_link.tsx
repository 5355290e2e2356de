// A link to a page of the console, with an address that is known as it is. Two dozen of the router's own, which find theirs
// out by matching routes, cost the first page a tenth of its time.
import { useRouter } from '@tanstack/react-router';
import type { MouseEvent, ReactNode } from 'react';

interface NavLinkProps {
  to: string;
  className: string | undefined;
  /** This is where one is. */
  current?: boolean;
  children: ReactNode;
}

export function NavLink({ to, className, current = false, children }: NavLinkProps) {
  const router = useRouter();
  const go = (event: MouseEvent) => {
    // Into another tab or window goes the browser itself.
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    void router.navigate({ to });
  };
  const prepare = () => void router.preloadRoute({ to }).catch(() => {});
  return (
    <a
      href={to}
      className={className}
      aria-current={current ? 'page' : undefined}
      onClick={go}
      onMouseEnter={prepare}
      onFocus={prepare}
      onTouchStart={prepare}
    >
      {children}
    </a>
  );
}
