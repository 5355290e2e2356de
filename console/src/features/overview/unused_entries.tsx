// Entries of the account and of its keys that have admitted no request yet: what could be taken out.
import { useQueries, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Entry, Key } from '@/api/types.ts';
import { Panel } from '@/components/page.tsx';
import { Time } from '@/components/time.tsx';
import ui from '@/components/ui.module.css';
import { shortForm } from '@/net/range.ts';
import { isUsable, wholeListQuery } from '../allowlists/list_api.ts';
import { Lines } from './lines.tsx';
import css from './overview.module.css';

const shownMax = 6;

interface Unused {
  entry: Entry;
  key: Key | undefined;
}

const hasNoHits = (entry: Entry) => entry.evidence === null && isUsable(entry);

export function UnusedEntries({ accountId, keys }: { accountId: string; keys: Key[] }) {
  const account = useQuery({ ...wholeListQuery({ layer: 'account', id: accountId }), staleTime: 30_000 });
  const lists = useQueries({
    queries: keys.map((key) => ({ ...wholeListQuery({ layer: 'key', id: key.id }), staleTime: 30_000 })),
  });
  const isRead = !account.isPending && lists.every((list) => !list.isPending);
  const unusedOf = (entries: Entry[] | undefined, key: Key | undefined): Unused[] =>
    (entries ?? []).filter(hasNoHits).map((entry) => ({ entry, key }));
  const unused = [
    ...unusedOf(account.data?.list.entries, undefined),
    ...keys.flatMap((key, index) => unusedOf(lists[index]?.data?.list.entries, key)),
  ].sort((a, b) => a.entry.added_at.localeCompare(b.entry.added_at));
  return (
    <Panel title="Entries never used" padding="none">
      <Lines
        empty="Every entry in use has admitted a request."
        items={
          isRead
            ? unused.slice(0, shownMax).map(({ entry, key }) => (
                <li key={entry.id} className={css.line}>
                  <span>
                    {key ? (
                      <Link
                        to="/a/$accountId/keys/$keyId"
                        params={{ accountId, keyId: key.id }}
                        className={`kf-mono ${ui.link}`}
                      >
                        {shortForm(entry.canonical)}
                      </Link>
                    ) : (
                      <Link to="/a/$accountId/allowlist" params={{ accountId }} className={`kf-mono ${ui.link}`}>
                        {shortForm(entry.canonical)}
                      </Link>
                    )}{' '}
                    {key ? `of ${key.name}` : 'of the account'}
                  </span>
                  <span>
                    added <Time at={entry.added_at} />
                  </span>
                </li>
              ))
            : undefined
        }
      />
    </Panel>
  );
}
