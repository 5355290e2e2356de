// docs/roles.md, made of libs/admin/roles.txt and the summaries of openapi.yaml.
//
//   node tests/house/roles.mjs > docs/roles.md
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { root } from './tree.mjs';

/** The lines of the table as objects by column. */
export function readRoles(text) {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const columns = lines.find((line) => line.startsWith('# method')).slice(1).trim().split(/\s+/);
  return lines
    .filter((line) => !line.startsWith('#'))
    .map((line) => {
      const words = line.trim().split(/\s+/);
      if (words.length !== columns.length) throw new Error(`${words.length} columns instead of ${columns.length}: ${line}`);
      return Object.fromEntries(columns.map((column, i) => [column, words[i]]));
    });
}

/** Summaries by operation: "GET /api/v1/accounts". */
export function readSummaries(yaml) {
  const summaries = new Map();
  let path = '';
  let method = '';
  for (const line of yaml.split('\n')) {
    path = /^ {2}(\/\S*):$/.exec(line)?.[1] ?? path;
    method = /^ {4}(get|put|post|patch|delete):$/.exec(line)?.[1] ?? method;
    const summary = /^ {6}summary: (.*)$/.exec(line)?.[1];
    if (summary) summaries.set(`${method.toUpperCase()} ${path}`, summary.replace(/^'(.*)'$/, '$1').replaceAll("''", "'"));
  }
  return summaries;
}

const intro = `# Roles

<!-- Made by tests/house/roles.mjs from libs/admin/roles.txt: change that, and run it again. -->

Whoever asks the admin API is nobody, a person who has [signed in](signing-in.md), or a management token. A person is the
operator of the instance, or a member of accounts with a role in each; a token is the operator's or one account's.

| role | |
|---|---|
| viewer | reads what is the account's |
| admin | also changes its keys and allowlists |
| owner | also its members, invitations and tokens |
| operator | everything, in every account |

What belongs to an account that the caller is no member of does not exist for them: 404, whatever the role. In a suspended
account every member is a viewer, and its tokens are refused with 401.

**yes** in the table, or the status of the refusal. *nobody* is also who comes with a session or token that has ended;
*elsewhere* is the owner of another account who knows this one's ids. Tokens may do what people of their role may, except
where *token* says otherwise. *again*: a person gives the password again, if they gave it more than ten minutes ago.

`;

const headings = ['operation', '', 'nobody', 'viewer', 'admin', 'owner', 'operator', 'elsewhere', 'token', 'again'];

export function renderRoles(roles, summaries) {
  const rows = roles.map((role) => {
    const operation = `${role.method} ${role.path}`;
    const summary = summaries.get(operation);
    if (!summary) throw new Error(`openapi.yaml lacks ${operation}`);
    const shown = (heading) => {
      const cell = role[heading];
      if (cell === '-' || (heading === 'token' && cell === 'yes')) return '';
      return cell === 'yes' ? '**yes**' : cell;
    };
    return [`\`${operation}\``, summary, ...headings.slice(2).map(shown)];
  });
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return intro + [line(headings), `|${'---|'.repeat(headings.length)}`, ...rows.map(line)].join('\n') + '\n';
}

export const rolesPage = () =>
  renderRoles(
    readRoles(readFileSync(join(root, 'libs/admin/roles.txt'), 'utf8')),
    readSummaries(readFileSync(join(root, 'libs/admin/openapi.yaml'), 'utf8')),
  );

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(rolesPage());
