import type { Key } from '@/api/types.ts';
import { Address } from '@/components/bits.tsx';
import { Time } from '@/components/time.tsx';
import css from '@/components/ui.module.css';

const countText = (count: number, word: string) => `${count.toLocaleString('en')} ${word}`;

/** When a key was last shown to a gateway, and from where. */
export function LastUsed({ of: { evidence } }: { of: Pick<Key, 'evidence'> }) {
  if (!evidence) return <span className={css.dimmed}>never</span>;
  const { allowed, denied, last_address: address } = evidence;
  const last = [allowed?.last_at, denied?.last_at].reduce((a, b) => (!a || (b && b > a) ? b : a), undefined);
  const counts = [
    allowed ? countText(allowed.hits, 'allowed') : '',
    denied ? countText(denied.hits, 'blocked') : '',
  ].filter((text) => text !== '');
  return (
    <span title={counts.join(', ')}>
      <Time at={last} />
      <span className={css.below}>
        <Address of={address} />
      </span>
    </span>
  );
}
