// Fills the form with one click: the viewer's own address, or one that was blocked lately.
import { Button, Menu } from '@mantine/core';
import { IconMapPin, IconShieldX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { ask } from '@/api/client.ts';
import { useMe, whoamiQuery } from '@/api/queries.ts';
import type { UsageTotal } from '@/api/types.ts';
import type { ListOwner } from './list_api.ts';

interface QuickAddProps {
  owner: ListOwner;
  /** Whether the list admits an address already. */
  isIn: (address: string) => boolean;
  fill: (text: string, label?: string) => void;
}

const dayAgo = () => new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 - 7 * 86_400_000).toISOString();

export function QuickAdd({ owner, isIn, fill }: QuickAddProps) {
  const me = useMe();
  const address = useQuery(whoamiQuery).data?.address;
  const blocked = useQuery({
    queryKey: ['blocked-addresses', owner],
    retry: false,
    queryFn: () =>
      ask<{ items: UsageTotal[] }>('GET', '/usage/summary', {
        query: {
          group_by: 'address',
          reason: `address_denied_${owner.layer}`,
          from: dayAgo(),
          ...(owner.layer === 'key' ? { key_id: owner.id } : {}),
          ...(owner.layer === 'account' ? { account_id: owner.id } : {}),
        },
      }),
  });
  const candidates = (blocked.data?.items ?? []).filter(({ group }) => group !== '' && !isIn(group)).slice(0, 8);
  return (
    <>
      {address && (
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconMapPin size={14} aria-hidden />}
          disabled={isIn(address)}
          onClick={() => fill(address, `${me.name || me.login}`)}
        >
          {isIn(address) ? 'Your address is in the list' : `Add my current address (${address})`}
        </Button>
      )}
      {candidates.length > 0 && (
        <Menu shadow="md" position="bottom-start">
          <Menu.Target>
            <Button size="compact-sm" variant="default" leftSection={<IconShieldX size={14} aria-hidden />}>
              Add an address that was blocked
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Label>Blocked by this list in the last 7 days</Menu.Label>
            {candidates.map(({ group, denied }) => (
              <Menu.Item
                key={group}
                onClick={() => fill(group)}
                rightSection={<span className="kf-num">{denied.toLocaleString('en')} times</span>}
              >
                <span className="kf-mono">{group}</span>
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
    </>
  );
}
