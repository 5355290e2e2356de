import type { Key } from '@/api/types.ts';
import { Badge, type Tone } from '@/components/bits.tsx';

export type KeyCondition = 'active' | 'disabled' | 'revoked' | 'expired';

export const conditionOf = (key: Pick<Key, 'state' | 'expires_at'>): KeyCondition =>
  key.state === 'active' && key.expires_at !== null && new Date(key.expires_at).getTime() <= Date.now()
    ? 'expired'
    : key.state;

const tones: Record<KeyCondition, Tone> = { active: 'ok', disabled: 'warn', revoked: 'bad', expired: 'bad' };
const words: Record<KeyCondition, string> = {
  active: 'Active',
  disabled: 'Disabled',
  revoked: 'Revoked',
  expired: 'Expired',
};

export function KeyState({ of }: { of: Pick<Key, 'state' | 'expires_at'> }) {
  const condition = conditionOf(of);
  return <Badge tone={tones[condition]}>{words[condition]}</Badge>;
}
