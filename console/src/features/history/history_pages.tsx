import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { keyQuery, mayEdit, useMe } from '@/api/queries.ts';
import { Page } from '@/components/page.tsx';
import { type Compared, HistoryView } from './history_view.tsx';

interface CompareSearch {
  from?: string;
  to?: string;
}

const revision = (text: string | undefined) => (text && /^\d{1,15}$/.test(text) ? Number(text) : undefined);
const comparedOf = ({ from, to }: CompareSearch) => ({ from: revision(from), to: revision(to) });
const searchOf = ({ from, to }: Compared): CompareSearch => ({ from: String(from), to: String(to) });

const accountRoute = getRouteApi('/shell/a/$accountId/allowlist/history');
const keyRoute = getRouteApi('/shell/a/$accountId/keys/$keyId/history');
const globalRoute = getRouteApi('/shell/operator/allowlist/history');

export function AccountHistoryPage() {
  const { accountId } = accountRoute.useParams();
  const me = useMe();
  const navigate = useNavigate();
  return (
    <Page
      title="History of the IP allowlist"
      width="wide"
      lede={
        <Link to="/a/$accountId/allowlist" params={{ accountId }}>
          Back to the IP allowlist
        </Link>
      }
    >
      <HistoryView
        owner={{ layer: 'account', id: accountId }}
        accountId={accountId}
        access={mayEdit(me, accountId) ? 'edit' : 'read'}
        compared={comparedOf(accountRoute.useSearch())}
        onCompare={(next) =>
          void navigate({
            to: '/a/$accountId/allowlist/history',
            params: { accountId },
            search: searchOf(next),
            replace: true,
            resetScroll: false,
          })
        }
      />
    </Page>
  );
}

export function KeyHistoryPage() {
  const { accountId, keyId } = keyRoute.useParams();
  const me = useMe();
  const navigate = useNavigate();
  const { data: key } = useQuery(keyQuery(keyId));
  return (
    <Page
      title="History of the key’s allowlist"
      width="wide"
      lede={
        <Link to="/a/$accountId/keys/$keyId" params={{ accountId, keyId }}>
          Back to {key?.name ?? 'the key'}
        </Link>
      }
    >
      <HistoryView
        owner={{ layer: 'key', id: keyId }}
        accountId={accountId}
        access={mayEdit(me, accountId) && key?.state !== 'revoked' ? 'edit' : 'read'}
        compared={comparedOf(keyRoute.useSearch())}
        onCompare={(next) =>
          void navigate({
            to: '/a/$accountId/keys/$keyId/history',
            params: { accountId, keyId },
            search: searchOf(next),
            replace: true,
            resetScroll: false,
          })
        }
      />
    </Page>
  );
}

export function GlobalHistoryPage() {
  const navigate = useNavigate();
  return (
    <Page
      title="History of the global IP allowlist"
      width="wide"
      lede={<Link to="/operator/allowlist">Back to the global IP allowlist</Link>}
    >
      <HistoryView
        owner={{ layer: 'global' }}
        accountId={undefined}
        access="edit"
        compared={comparedOf(globalRoute.useSearch())}
        onCompare={(next) =>
          void navigate({
            to: '/operator/allowlist/history',
            search: searchOf(next),
            replace: true,
            resetScroll: false,
          })
        }
      />
    </Page>
  );
}
