import {
  IconActivity,
  IconAdjustments,
  IconBuilding,
  IconHeartbeat,
  IconHistory,
  IconKey,
  IconLayoutDashboard,
  IconListCheck,
  IconSettings,
  IconShieldLock,
  IconWorld,
} from '@tabler/icons-react';
import { useLocation } from '@tanstack/react-router';
import { type ComponentType, lazy, Suspense } from 'react';
import { useMe } from '@/api/queries.ts';
import { useAccountChoice } from './account_choice.ts';
import { styled } from './library.ts';
import { NavLink } from './nav_link.tsx';
import css from './shell.module.css';

const AccountSelect = lazy(() => styled(import('./account_select.tsx')));

interface Item {
  label: string;
  icon: ComponentType<{ size?: number; stroke?: number }>;
  to: string;
  /** What lies beneath is not it. */
  exact?: boolean;
}

/** Beneath /a/<account>. */
const accountItems: Item[] = [
  { label: 'Overview', icon: IconLayoutDashboard, to: '', exact: true },
  { label: 'API keys', icon: IconKey, to: '/keys' },
  { label: 'IP allowlist', icon: IconListCheck, to: '/allowlist' },
  { label: 'Usage logs', icon: IconActivity, to: '/usage' },
  { label: 'Audit log', icon: IconHistory, to: '/audit' },
  { label: 'Settings', icon: IconSettings, to: '/settings' },
];

const operatorItems: Item[] = [
  { label: 'Accounts', icon: IconBuilding, to: '/operator/accounts' },
  { label: 'Global IP allowlist', icon: IconWorld, to: '/operator/allowlist' },
  { label: 'All usage', icon: IconShieldLock, to: '/operator/usage' },
  { label: 'All changes', icon: IconHistory, to: '/operator/audit' },
  { label: 'Instance settings', icon: IconAdjustments, to: '/operator/instance' },
  { label: 'Status', icon: IconHeartbeat, to: '/operator/status' },
];

function Items({ items, under = '' }: { items: Item[]; under?: string }) {
  const pathname = useLocation({ select: (location) => location.pathname });
  return (
    <ul className={css.list}>
      {items.map(({ label, icon: Icon, to, exact }) => {
        const path = under + to;
        return (
          <li key={label}>
            <NavLink
              to={path}
              className={css.item}
              current={pathname === path || (!exact && pathname.startsWith(`${path}/`))}
            >
              <Icon size={17} stroke={1.7} />
              {label}
            </NavLink>
          </li>
        );
      })}
    </ul>
  );
}

export function Navigation() {
  const me = useMe();
  const { choices, current } = useAccountChoice();
  const account = current ?? choices[0];
  return (
    <nav aria-label="Pages">
      {account && choices.length > 1 && (
        <Suspense fallback={<div className={css.select}>{account.name}</div>}>
          <AccountSelect choices={choices} account={account} />
        </Suspense>
      )}
      {account && (
        <div
          className={choices.length > 1 ? css.group : undefined}
          style={choices.length > 1 ? { marginTop: 12 } : undefined}
        >
          {choices.length === 1 && <div className={css.groupName}>{account.name}</div>}
          <Items items={accountItems} under={`/a/${account.id}`} />
        </div>
      )}
      {me.operator && (
        <div className={css.group}>
          <div className={css.groupName}>Operator</div>
          <Items items={operatorItems} />
        </div>
      )}
    </nav>
  );
}
