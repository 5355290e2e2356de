// The decision tables of tests/decisions through a real nginx.
import { allTables, isRealTime, type DecisionTable, type TableCase } from '../lib/decision_table.ts';
import { expect, proxied, test, type Gateway } from '../lib/fixtures.ts';
import { credential, expectRefusal, imagePolicy, importedSecrets } from '../lib/table_doors.ts';

/** The path of the location that requires these scopes. */
const path = (requires: string[]) => `/requires/${encodeURIComponent([...requires].sort().join(' ')) || 'nothing'}`;

/** One location for each set of scopes that the table's cases require. */
function locations(table: DecisionTable): string {
  const paths = new Map(table.cases.map(({ requires }) => [path(requires), requires]));
  return [...paths]
    .map(([at, requires]) => {
      const scope = requires.length === 0 ? '' : `keyfence_scope ${requires.join(' ')};`;
      return `location = "${decodeURIComponent(at)}" { ${scope} ${proxied} }`;
    })
    .join('\n    ');
}

async function expectCase(gateway: Gateway, asked: TableCase, secrets: Map<string, string>): Promise<void> {
  const key = credential(asked, secrets);
  const answer = await gateway.ask(path(asked.requires), {
    headers: [['X-Forwarded-For', asked.address]],
    ...(key === undefined ? {} : { key }),
  });
  if (asked.style === null) {
    expect(answer.status).toBe(200);
    expect(answer.reachedUpstream).toBe(true);
  } else {
    expectRefusal(answer, asked);
  }
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
    const gateway = await start({
      server: `keyfence on; keyfence_trusted_proxies 127.0.0.1;
    ${locations(table)}`,
      image: null,
    });
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
