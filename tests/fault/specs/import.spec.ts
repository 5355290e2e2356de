import { expect, entriesOf, revisions, test } from '../lib/fixtures.ts';

const lineCount = 100_000;
const goodLine = (i: number) => `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}, host ${i}`;
/** Line numbers from 1, and what stands there instead. */
const wrong = new Map<number, [text: string, code: string]>([
  [1, ['010.0.0.1', 'leading_zero']],
  [2_345, ['10.0.0.5/24', 'host_bits_set']],
  [50_000, ['10.0.0.*', 'wildcard']],
  [50_001, ['nonsense.example', 'host_name']],
  [77_777, ['10.0.0.9 - 10.0.0.1', 'range_reversed']],
  [100_000, ['fe80::1%eth0', 'zone_id']],
]);

const withErrors = Array.from({ length: lineCount }, (_, i) => wrong.get(i + 1)?.[0] ?? goodLine(i)).join('\n');
const clean = Array.from({ length: lineCount }, (_, i) => goodLine(i)).join('\r\n');

interface Line {
  line: number;
  result: string;
  code?: string;
}
const errorsOf = (lines: Line[]) => lines.filter(({ result }) => result === 'error').map(({ line, code }) => [line, code]);

test('an import of 100,000 lines with errors in the middle changes nothing and names every wrong line', async ({ serve }) => {
  const daemon = await serve();
  await daemon.ok('POST', '/api/v1/allowlist/entries', { text: '203.0.113.0/24' });
  const before = await revisions(daemon);
  const expected = [...wrong].map(([line, [, code]]) => [line, code]);

  const tried = await daemon.ok('POST', '/api/v1/allowlist/import?dry_run=true', withErrors);
  expect(tried).toMatchObject({ dry_run: true, stored: false, failed: wrong.size, added: lineCount - wrong.size });
  expect(errorsOf(tried.lines)).toEqual(expected);

  const refused = await daemon.call('POST', '/api/v1/allowlist/import', withErrors);
  expect(refused.status).toBe(422);
  expect(refused.body.code).toBe('import_refused');
  expect(errorsOf(refused.body.lines)).toEqual(expected);

  expect(await revisions(daemon)).toEqual(before);
  expect((await entriesOf(daemon, 'allowlist')).map(({ canonical }) => canonical)).toEqual(['203.0.113.0/24']);

  // Mended, the same import is one revision, and survives kill -9.
  const report = await daemon.ok('POST', '/api/v1/allowlist/import', clean);
  expect(report).toMatchObject({ stored: true, added: lineCount, failed: 0, revision: before.store + 1 });
  await daemon.stop('SIGKILL');
  await daemon.start();
  expect(await revisions(daemon)).toEqual({ store: before.store + 1, image: before.store + 1 });
  expect((await daemon.ok('GET', '/api/v1/allowlist')).entry_count).toBe(lineCount + 1);
});

test('one line too many is refused before any is read', async ({ serve }) => {
  const daemon = await serve();
  const answer = await daemon.call('POST', '/api/v1/allowlist/import', `${clean}\n192.0.2.1`);
  expect(answer.status).toBe(422);
  expect(answer.body.errors ?? answer.body.lines).toBeDefined();
  expect((await daemon.ok('GET', '/api/v1/allowlist')).entry_count).toBe(0);
});
