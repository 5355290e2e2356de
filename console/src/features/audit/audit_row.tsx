// One change: a sentence, which opens to all that is known, with what stood before and after.
import { IconChevronDown } from '@tabler/icons-react';
import { useState } from 'react';
import type { AuditLine } from '@/api/types.ts';
import { Badge, Facts } from '@/components/bits.tsx';
import { Time } from '@/components/time.tsx';
import { ChangesList } from '../history/changes_list.tsx';
import css from './audit.module.css';
import { actionText, changesOf, entryChangesOf, isDenied, subjectName } from './audit_text.ts';

interface AuditRowProps {
  line: AuditLine;
  actorName: (actor: string) => string;
  /** Of the account, where lines of several are shown. */
  accountName?: ((id: string) => string) | undefined;
  /** Where the page keeps which line is open. */
  opened?: { open: boolean; onToggle: () => void };
}

/** What it was done to, by name where one is known. */
function Subject({ line, accountName }: Pick<AuditRowProps, 'line' | 'accountName'>) {
  const name = subjectName(line.before, line.after, line.subject);
  if (name === 'global') return <span>of the instance</span>;
  if (name === line.account_id) return <span>of {accountName ? accountName(name) : 'the account'}</span>;
  const isCode = name === line.subject || /^[0-9a-f.:/-]+$/.test(name);
  return isCode ? <span className="kf-mono">{name}</span> : <span>{name}</span>;
}

function Detail({ line, accountName }: Pick<AuditRowProps, 'line' | 'accountName'>) {
  const changes = changesOf(line.before, line.after);
  const entries = entryChangesOf(line.before, line.after);
  const isNew = line.before === null;
  const isGone = line.after === null;
  return (
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
          ...(line.account_id && accountName
            ? ([['Account', accountName(line.account_id)]] satisfies [string, string][])
            : []),
          ['Revision', line.revision.toLocaleString('en')],
        ]}
      />
      {changes.length > 0 && (
        <div className={css.scroll}>
          <table className={css.changes}>
            <thead>
              <tr>
                <th>Field</th>
                {!isNew && <th>Before</th>}
                {!isGone && <th>After</th>}
              </tr>
            </thead>
            <tbody>
              {changes.map((change) => (
                <tr key={change.name}>
                  <td>{change.name}</td>
                  {!isNew && <td className={css.before}>{change.before}</td>}
                  {!isGone && <td className={css.after}>{change.after}</td>}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {entries && <ChangesList of={entries} label="Entries" />}
      {changes.length === 0 && !entries && <span className={css.quiet}>Nothing is stored before and after it.</span>}
    </div>
  );
}

/** The account is what the line names anyway. */
const isAbout = ({ action, subject, before, after, account_id: account }: AuditLine) =>
  action.startsWith('account.') || subjectName(before, after, subject) === account;

export function AuditRow({ line, actorName, accountName, opened }: AuditRowProps) {
  const [ownOpen, setOwnOpen] = useState(false);
  const open = opened?.open ?? ownOpen;
  return (
    <li className={css.item} data-line={line.id}>
      <button
        type="button"
        className={`kf-bare ${css.row}`}
        aria-expanded={open}
        onClick={opened?.onToggle ?? (() => setOwnOpen(!ownOpen))}
      >
        <span className={css.what}>
          <strong>{actorName(line.actor)}</strong> {actionText(line.action)}{' '}
          <Subject line={line} accountName={accountName} />
          {accountName && line.account_id && !isAbout(line) && (
            <span className={css.quiet}> in {accountName(line.account_id)}</span>
          )}{' '}
          {isDenied(line.action) && (
            <Badge tone="bad" dot="none">
              denied
            </Badge>
          )}
        </span>
        <span className={css.when}>
          <Time at={line.at} />
          <IconChevronDown size={15} className={css.chevron} aria-hidden />
        </span>
      </button>
      {open && <Detail line={line} accountName={accountName} />}
    </li>
  );
}
