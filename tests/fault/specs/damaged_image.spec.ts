import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, makeKey, reasonFor, revisions, test } from '../lib/fixtures.ts';

/** What can befall the files of a policy directory while no daemon runs. */
const damages: [what: string, damage: (file: string) => void][] = [
  ['cut short', (file) => truncateSync(file, Math.floor(statSync(file).size / 2))],
  ['emptied', (file) => truncateSync(file, 0)],
  ['removed', (file) => rmSync(file)],
  ['replaced by something else', (file) => writeFileSync(file, 'not a policy image\n'.repeat(1000))],
  [
    'with flipped bits',
    (file) => {
      const bytes = readFileSync(file);
      for (let at = 0; at < Math.min(bytes.length, 65_536); at += 97) bytes[at]! ^= 0x41;
      writeFileSync(file, bytes);
    },
  ],
];

for (const [what, damage] of damages) {
  test(`a policy image ${what} while the daemon is down is made anew from the store`, async ({ serve }) => {
    const daemon = await serve();
    const { key } = await makeKey(daemon, ['203.0.113.0/24']);
    const before = await revisions(daemon);
    await daemon.stop('SIGKILL');
    for (const name of readdirSync(daemon.policyDir)) {
      const file = join(daemon.policyDir, name);
      if (statSync(file).isFile()) damage(file);
    }
    await daemon.start();
    expect(await revisions(daemon)).toEqual(before);
    expect(await reasonFor(daemon, key, '203.0.113.9')).toBe('allowed');
    expect(await reasonFor(daemon, key, '198.51.100.1')).toBe('address_denied_key');
    await daemon.ok('POST', `/api/v1/keys/${key}/allowlist/entries`, { text: '198.51.100.1' });
    expect(await reasonFor(daemon, key, '198.51.100.1')).toBe('allowed');
  });
}
