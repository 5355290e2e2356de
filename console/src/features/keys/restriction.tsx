// From where a key may be used, in two words.
import type { AllowlistSummary } from '@/api/types.ts';
import { Badge } from '@/components/bits.tsx';

/** Whether this list holds back no request. */
export const canCallFromAnywhere = (list: AllowlistSummary): boolean =>
  list.mode !== 'enforce' || (list.entry_count === 0 && list.when_empty === 'allow');

/** As the API's filter has it. */
export const restrictionOf = (list: AllowlistSummary) => (canCallFromAnywhere(list) ? 'none' : 'some');

export function Restriction({ of }: { of: AllowlistSummary | undefined }) {
  if (!of) return null;
  if (of.mode === 'off') return <Badge tone="quiet">List is off</Badge>;
  if (of.entry_count === 0) {
    return of.when_empty === 'allow' ? <Badge tone="warn">Any IP</Badge> : <Badge tone="info">No IP yet</Badge>;
  }
  const count = of.entry_count === 1 ? '1 entry' : `${of.entry_count} entries`;
  return of.mode === 'monitor' ? <Badge tone="warn">{count}, monitoring</Badge> : <Badge tone="ok">{count}</Badge>;
}
