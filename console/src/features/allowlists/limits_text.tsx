import { Text } from '@mantine/core';
import type { Limits } from '@/api/types.ts';

/** "7 of 20 entries · nothing wider than /9 (IPv6: /33)" */
export function LimitsText({ limits, count }: { limits: Limits; count: number }) {
  const floors = [
    limits.floor_v4 === null ? '' : `/${limits.floor_v4}`,
    limits.floor_v6 === null ? '' : `/${limits.floor_v6} for IPv6`,
  ].filter((text) => text !== '');
  return (
    <Text size="sm" c="dimmed" className="kf-num">
      {count.toLocaleString('en')} of {limits.entries_max.toLocaleString('en')} entries
      {floors.length > 0 && ` · nothing wider than ${floors.join(', ')}`}
    </Text>
  );
}
