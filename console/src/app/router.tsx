// Every address of the console. Pages load when they are first opened; their frame is here at once.
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { meQuery, queryClient } from '@/api/queries.ts';
import { SignInAgain } from '@/features/signin/sign_in_again.tsx';
import { Broken, NotFound } from './broken.tsx';
import { Home } from './home.tsx';
import { styled } from './library.ts';
import { Shell } from './shell.tsx';

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined;

/** Keeps the named search parameters that are texts. */
const texts =
  <const Name extends string>(...names: Name[]) =>
  (search: Record<string, unknown>): Partial<Record<Name, string>> => {
    const kept: Partial<Record<Name, string>> = {};
    for (const name of names) {
      const value = text(search[name]);
      if (value !== undefined) kept[name] = value;
    }
    return kept;
  };

export const usageFilters = [
  'key_id',
  'method',
  'status',
  'reason',
  'layer',
  'address',
  'path_prefix',
  'request_id',
  'from',
  'until',
  'range',
  'open',
] as const;
export type UsageSearch = Partial<Record<(typeof usageFilters)[number], string>>;
export const auditFilters = [
  'account_id',
  'action',
  'outcome',
  'subject',
  'actor',
  'from',
  'until',
  'range',
  'open',
] as const;
export type AuditSearch = Partial<Record<(typeof auditFilters)[number], string>>;

const rootRoute = createRootRoute({ component: Outlet, errorComponent: Broken, notFoundComponent: NotFound });

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  validateSearch: texts('to'),
  component: SignInAgain,
});
const invitationRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/invitation',
  component: lazyRouteComponent(() => styled(import('@/features/signin/invitation_page.tsx')), 'InvitationPage'),
});

const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'shell',
  component: Shell,
  beforeLoad: async ({ location }) => {
    const me = await queryClient.ensureQueryData(meQuery);
    if (me === null) throw redirect({ to: '/sign-in', search: location.href === '/' ? {} : { to: location.href } });
  },
});
const inShell = () => shellRoute;

const homeRoute = createRoute({ getParentRoute: inShell, path: '/', component: Home });
const profileRoute = createRoute({
  getParentRoute: inShell,
  path: '/profile',
  component: lazyRouteComponent(() => styled(import('@/features/profile/profile_page.tsx')), 'ProfilePage'),
});

const overviewRoute = createRoute({
  getParentRoute: inShell,
  path: '/a/$accountId',
  component: lazyRouteComponent(() => import('@/features/overview/overview_page.tsx'), 'OverviewPage'),
});
const keysRoute = createRoute({
  getParentRoute: inShell,
  path: '/a/$accountId/keys',
  validateSearch: texts('q', 'state', 'restriction'),
  component: lazyRouteComponent(() => styled(import('@/features/keys/keys_page.tsx')), 'KeysPage'),
});
const newKeyRoute = createRoute({
  getParentRoute: inShell,
  path: '/a/$accountId/keys/new',
  component: lazyRouteComponent(() => styled(import('@/features/keys/new_key_page.tsx')), 'NewKeyPage'),
});
const keyRoute = createRoute({
  getParentRoute: inShell,
  path: '/a/$accountId/keys/$keyId',
  component: lazyRouteComponent(() => styled(import('@/features/keys/key_page.tsx')), 'KeyPage'),
});
const allowlistRoute = createRoute({
  getParentRoute: inShell,
  path: '/a/$accountId/allowlist',
  component: lazyRouteComponent(() => styled(import('@/features/allowlists/list_pages.tsx')), 'AccountListPage'),
});
const accountHistoryRoute = createRoute({
  getParentRoute: inShell,
  path: '/a/$accountId/allowlist/history',
  validateSearch: texts('from', 'to'),
  component: lazyRouteComponent(() => styled(import('@/features/history/history_pages.tsx')), 'AccountHistoryPage'),
});
const keyHistoryRoute = createRoute({
  getParentRoute: inShell,
  path: '/a/$accountId/keys/$keyId/history',
  validateSearch: texts('from', 'to'),
  component: lazyRouteComponent(() => styled(import('@/features/history/history_pages.tsx')), 'KeyHistoryPage'),
});
const usageRoute = createRoute({
  getParentRoute: inShell,
  path: '/a/$accountId/usage',
  validateSearch: texts(...usageFilters),
  component: lazyRouteComponent(() => styled(import('@/features/usage/usage_page.tsx')), 'AccountUsagePage'),
});
const auditRoute = createRoute({
  getParentRoute: inShell,
  path: '/a/$accountId/audit',
  validateSearch: texts(...auditFilters),
  component: lazyRouteComponent(() => styled(import('@/features/audit/audit_page.tsx')), 'AccountAuditPage'),
});
const settingsRoute = createRoute({
  getParentRoute: inShell,
  path: '/a/$accountId/settings',
  validateSearch: texts('tab'),
  component: lazyRouteComponent(() => styled(import('@/features/settings/settings_page.tsx')), 'SettingsPage'),
});

const accountsRoute = createRoute({
  getParentRoute: inShell,
  path: '/operator/accounts',
  validateSearch: texts('q', 'state'),
  component: lazyRouteComponent(() => styled(import('@/features/operator/accounts_page.tsx')), 'AccountsPage'),
});
const globalListRoute = createRoute({
  getParentRoute: inShell,
  path: '/operator/allowlist',
  component: lazyRouteComponent(() => styled(import('@/features/allowlists/list_pages.tsx')), 'GlobalListPage'),
});
const globalHistoryRoute = createRoute({
  getParentRoute: inShell,
  path: '/operator/allowlist/history',
  validateSearch: texts('from', 'to'),
  component: lazyRouteComponent(() => styled(import('@/features/history/history_pages.tsx')), 'GlobalHistoryPage'),
});
const allUsageRoute = createRoute({
  getParentRoute: inShell,
  path: '/operator/usage',
  validateSearch: texts(...usageFilters),
  component: lazyRouteComponent(() => styled(import('@/features/usage/usage_page.tsx')), 'InstanceUsagePage'),
});
const allAuditRoute = createRoute({
  getParentRoute: inShell,
  path: '/operator/audit',
  validateSearch: texts(...auditFilters),
  component: lazyRouteComponent(() => styled(import('@/features/audit/audit_page.tsx')), 'InstanceAuditPage'),
});
const instanceRoute = createRoute({
  getParentRoute: inShell,
  path: '/operator/instance',
  component: lazyRouteComponent(() => styled(import('@/features/operator/instance_page.tsx')), 'InstancePage'),
});
const statusRoute = createRoute({
  getParentRoute: inShell,
  path: '/operator/status',
  component: lazyRouteComponent(() => styled(import('@/features/operator/status_page.tsx')), 'StatusPage'),
});

export const router = createRouter({
  routeTree: rootRoute.addChildren([
    signInRoute,
    invitationRoute,
    shellRoute.addChildren([
      homeRoute,
      profileRoute,
      overviewRoute,
      keysRoute,
      newKeyRoute,
      keyRoute,
      keyHistoryRoute,
      allowlistRoute,
      accountHistoryRoute,
      usageRoute,
      auditRoute,
      settingsRoute,
      accountsRoute,
      globalListRoute,
      globalHistoryRoute,
      allUsageRoute,
      allAuditRoute,
      instanceRoute,
      statusRoute,
    ]),
  ]),
  defaultPreload: 'intent',
  scrollRestoration: true,
  // Search parameters as they stand in the API's own addresses: status=403, not status="403".
  parseSearch: (search) => Object.fromEntries(new URLSearchParams(search)),
  stringifySearch: (search) => {
    const kept = Object.entries(search).filter(([, value]) => value !== undefined && value !== '');
    const query = new URLSearchParams(kept.map(([name, value]) => [name, String(value)])).toString();
    return query === '' ? '' : `?${query}`;
  },
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
