import { Button } from '@mantine/core';
import { IconChevronDown, IconHistory } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { ask } from '@/api/client.ts';
import type { Page as ApiPage, AuditLine } from '@/api/types.ts';
import { Empty, Facts, Loading, Problem } from '@/components/bits.tsx';
import { Page, Panel } from '@/components/page.tsx';
import { Time } from '@/components/time.tsx';
import { useActorName } from './actors.ts';
import css from './audit.module.css';
import { actionText, changesOf, subjectName } from './audit_text.ts';

export function AuditRow({ line, actorName }: { line: AuditLine; actorName: (actor: string) => string }) {
  const [open, setOpen] = useState(false);
  const changes = changesOf(line.before, line.after);
  return (
    <li className={css.item}>
      <button type="button" className={css.row} aria-expanded={open} onClick={() => setOpen(!open)}>
        <span className={css.what}>
          <strong>{actorName(line.actor)}</strong> {actionText(line.action)}{' '}
          <span className="kf-mono">{subjectName(line.before, line.after, line.subject)}</span>
        </span>
        <span className={css.when}>
          <Time at={line.at} />
          <IconChevronDown size={15} className={css.chevron} aria-hidden />
        </span>
      </button>
      {open && (
        <div className={css.detail}>
          <Facts
            of={[
              ['Time', <Time key="at" at={line.at} style="exact" />],
              [
                'Who',
                <span key="who" className="kf-mono">
                  {line.actor}
                </span>,
              ],
              [
                'From',
                line.address === '' ? (
                  'the system itself'
                ) : (
                  <span key="from" className="kf-mono">
                    {line.address}
                  </span>
                ),
              ],
              [
                'What',
                <span key="what" className="kf-mono">
                  {line.action} {line.subject}
                </span>,
              ],
              ['Revision', line.revision.toLocaleString('en')],
            ]}
          />
          {changes.length > 0 && (
            <table className={css.changes}>
              <thead>
                <tr>
                  <th>Field</th>
                  <th>Before</th>
                  <th>After</th>
                </tr>
              </thead>
              <tbody>
                {changes.map((change) => (
                  <tr key={change.name}>
                    <td>{change.name}</td>
                    <td className={css.before}>{change.before}</td>
                    <td className={css.after}>{change.after}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </div>
      )}
    </li>
  );
}

function AuditList({ accountId }: { accountId: string | undefined }) {
  const actorName = useActorName(accountId);
  const lines = useInfiniteQuery({
    queryKey: ['audit', accountId],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) =>
      ask<ApiPage<AuditLine>>('GET', '/audit', { query: { account_id: accountId, after: pageParam, limit: 100 } }),
    getNextPageParam: (page) => page.next,
  });
  const all = lines.data?.pages.flatMap((page) => page.items) ?? [];
  if (lines.isPending) return <Loading label="Reading the audit log" />;
  if (lines.isError) return <Problem error={lines.error} title="The audit log could not be read" />;
  if (all.length === 0) {
    return (
      <Panel label="No changes">
        <Empty icon={<IconHistory />} title="Nothing has changed yet">
          Every change of keys, lists, members and settings is written here, with what stood before and after.
        </Empty>
      </Panel>
    );
  }
  return (
    <Panel padding="none" label="Changes, newest first">
      <ul className={css.list}>
        {all.map((line) => (
          <AuditRow key={line.id} line={line} actorName={actorName} />
        ))}
      </ul>
      {lines.hasNextPage && (
        <div className={css.more}>
          <Button variant="default" onClick={() => lines.fetchNextPage()} loading={lines.isFetchingNextPage}>
            Show older changes
          </Button>
        </div>
      )}
    </Panel>
  );
}

const route = getRouteApi('/shell/a/$accountId/audit');

export function AccountAuditPage() {
  const { accountId } = route.useParams();
  return (
    <Page
      title="Audit log"
      lede="Who changed what in this account, when and from where. Written in the same transaction as the change itself."
    >
      <AuditList accountId={accountId} />
    </Page>
  );
}

export const InstanceAuditPage = () => (
  <Page title="All changes" lede="The audit log of the whole instance, every account included.">
    <AuditList accountId={undefined} />
  </Page>
);
