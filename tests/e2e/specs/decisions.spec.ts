// The decision tables of tests/decisions through a real nginx.
import { allTables, isRealTime, type TableCase } from '../lib/decision_table.ts';
import { expect, test, type Gateway } from '../lib/fixtures.ts';
import { credential, expectAnswer, fenced, imagePolicy, importedSecrets, pathOf } from '../lib/table_doors.ts';

async function expectCase(gateway: Gateway, asked: TableCase, secrets: Map<string, string>): Promise<void> {
  const key = credential(asked, secrets);
  const answer = await gateway.ask(pathOf(asked.requires), {
    headers: [['X-Forwarded-For', asked.address]],
    ...(key === undefined ? {} : { key }),
  });
  expectAnswer(answer, asked);
  const line = await gateway.logged(answer);
  expect(line.decision).toBe(asked.style === null ? 'allow' : 'deny');
  expect(line.reason).toBe(asked.reason);
  expect(line.layer).toBe(asked.style === null ? (asked.would_deny_layer ?? 'none') : asked.layer);
  expect(line.would_deny).toBe(asked.would_deny ?? '-');
}

for (const table of allTables()) {
  // Moments of the table that nginx, which has the real time alone, can be asked at: the policy is moved instead.
  const real = table.cases.filter((asked) => isRealTime(table, asked));
  const moments = [...new Set(real.map(({ at }) => at))];
  test(`nginx decides ${table.name}`, async ({ start }) => {
    const gateway = await start({ server: fenced(table), image: null });
    const secrets = importedSecrets(table);
    let askedCount = 0;
    for (const moment of moments) {
      const now = Math.floor(Date.now() / 1000);
      if (table.published) await gateway.image.build(imagePolicy(table, secrets, now - moment));
      for (const asked of real.filter(({ at }) => at === moment)) {
        await test.step(`line ${asked.line}: ${asked.key} from ${asked.address}`, () =>
          expectCase(gateway, asked, secrets));
        ++askedCount;
      }
    }
    expect(askedCount).toBe(real.length);
    expect(askedCount).toBeGreaterThan(0);
  });
}

test('nginx is asked nearly every case there is', () => {
  const cases = allTables().flatMap((table) => table.cases.map((asked) => ({ table, asked })));
  const asked = cases.filter((one) => isRealTime(one.table, one.asked));
  expect(cases.length).toBeGreaterThan(250);
  expect(cases.length - asked.length).toBeLessThan(15);
});
