// The decision tables of tests/decisions set up through the admin API, and asked of POST /api/v1/decisions. What the
// daemon published is then asked of a real nginx: the whole way from a typed entry to a refusal.
import { join } from 'node:path';

import { allTables, isRealTime, type DecisionTable, type TableCase } from '../lib/decision_table.ts';
import { Daemon } from '../lib/daemon.ts';
import { expect, test as base } from '../lib/fixtures.ts';
import { applyTable, listPath, type Applied } from '../lib/table_daemon.ts';
import { credential, expectAnswer, fenced, pathOf } from '../lib/table_doors.ts';

const test = base.extend<{ daemon: Daemon }>({
  daemon: async ({ dir }, use) => {
    const daemon = await Daemon.start({ home: join(dir, 'daemon') });
    await use(daemon);
    expect(await daemon.stop(), daemon.log()).toBe(0);
  },
});

async function expectDecision(
  daemon: Daemon,
  table: DecisionTable,
  asked: TableCase,
  applied: Applied,
  now: number,
): Promise<void> {
  const secret = credential(asked, applied.secrets);
  const decision = await daemon.ok('POST', '/api/v1/decisions', {
    ...(secret === undefined ? {} : { key: secret }),
    address: asked.address === 'unknown' ? null : asked.address,
    scopes: asked.requires,
    at: new Date((now + asked.at) * 1000).toISOString(),
  });
  const key = table.keys.find(({ name }) => name === asked.key);
  expect(decision).toMatchObject({
    outcome: asked.style === null ? 'allow' : 'deny',
    status: asked.status,
    reason: asked.reason,
    layer: asked.layer,
    would_deny: asked.would_deny,
    would_deny_layer: asked.would_deny_layer,
    key_id: key === undefined ? null : applied.keyIds.get(key.name),
    account_id: key === undefined ? null : applied.accountIds.get(key.account),
    ...(asked.style === null ? {} : { error_style: asked.style }),
  });
}

for (const table of allTables().filter(({ published }) => published)) {
  test(`the daemon and nginx behind it decide ${table.name}`, async ({ daemon, start }) => {
    const now = Math.floor(Date.now() / 1000);
    const applied = await applyTable(daemon, table, now);
    for (const asked of table.cases) {
      await test.step(`daemon, line ${asked.line}: ${asked.key} from ${asked.address}`, () =>
        expectDecision(daemon, table, asked, applied, now));
    }
    for (const refused of table.refused) {
      await test.step(`daemon, line ${refused.line}: ${refused.text} is refused`, async () => {
        const answer = await daemon.call('POST', `${listPath(refused.list, applied)}/entries`, { text: refused.text });
        expect([409, 422]).toContain(answer.status);
        expect(answer.body.errors.map(({ code }: { code: string }) => code)).toContain(refused.code);
      });
    }
    const gateway = await start({ server: fenced(table), policyDir: daemon.policyDir, image: null });
    for (const asked of table.cases.filter((one) => one.at === 0 && isRealTime(table, one))) {
      await test.step(`nginx, line ${asked.line}: ${asked.key} from ${asked.address}`, async () => {
        const key = credential(asked, applied.secrets);
        const headers: [string, string][] = [['X-Forwarded-For', asked.address]];
        expectAnswer(
          await gateway.ask(pathOf(asked.requires), { headers, ...(key === undefined ? {} : { key }) }),
          asked,
        );
      });
    }
  });
}
