import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useSyncExternalStore } from 'react';
import { gate } from '@/api/gate.ts';
import css from './shell.module.css';

/** Says that the daemon is away, and asks until it is back. */
export function Unreachable() {
  const { reachable } = useSyncExternalStore(gate.subscribe, gate.read);
  const queries = useQueryClient();
  useEffect(() => {
    if (reachable) return;
    const timer = setInterval(async () => {
      const answered = await fetch('/healthz').then(
        (response) => response.ok,
        () => false,
      );
      if (!answered) return;
      gate.setReachable(true);
      void queries.invalidateQueries();
    }, 2_000);
    return () => clearInterval(timer);
  }, [reachable, queries]);
  if (reachable) return null;
  return (
    <div className={css.offline} role="status">
      Keyfence does not answer; trying again. Gateways go on with the last policy, and what you typed here is kept.
    </div>
  );
}
