import { entriesOf, expect, makeKey, reasonFor, revisions, test } from '../lib/fixtures.ts';

test('kill -9 in the middle of changes: what was acknowledged stands, and image and store agree', async ({ serve }) => {
  const daemon = await serve();
  const writers = 4;
  const keys = await Promise.all(Array.from({ length: writers }, () => makeKey(daemon, ['203.0.113.1'])));
  const acknowledged: Set<string>[] = keys.map(() => new Set(['203.0.113.1/32']));
  const asked: Set<string>[] = keys.map(() => new Set(['203.0.113.1/32']));

  for (let round = 0; round < 4; ++round) {
    let killed = false;
    const write = async (writer: number) => {
      for (let i = 0; !killed && acknowledged[writer]!.size < 20; ++i) {
        const text = `10.${writer}.${round}.${i}`;
        asked[writer]!.add(`${text}/32`);
        try {
          const answer = await daemon.call('POST', `/api/v1/keys/${keys[writer]!.key}/allowlist/entries`, { text });
          if (answer.status === 201) acknowledged[writer]!.add(answer.body.entry.canonical);
        } catch (error) {
          if (!killed) throw error; // a connection that broke before the daemon was killed
        }
      }
    };
    const writing = Promise.all(keys.map((_, writer) => write(writer)));
    const target = acknowledged.reduce((sum, set) => sum + set.size, 0) + 6;
    while (acknowledged.reduce((sum, set) => sum + set.size, 0) < target) await new Promise(setImmediate);
    killed = true;
    await daemon.stop('SIGKILL');
    await writing;

    await daemon.start();
    const { store, image } = await revisions(daemon);
    expect(image).toBe(store);
    for (const [writer, { key }] of keys.entries()) {
      const standing = (await entriesOf(daemon, `keys/${key}/allowlist`)).map(({ canonical }) => canonical);
      for (const canonical of acknowledged[writer]!) expect(standing).toContain(canonical);
      // A change whose answer was lost may stand; nothing else may.
      for (const canonical of standing) expect(asked[writer]!.has(canonical)).toBe(true);
      acknowledged[writer] = new Set(standing);
      for (const canonical of standing) {
        expect(await reasonFor(daemon, key, canonical.replace('/32', ''))).toBe('allowed');
      }
      expect(await reasonFor(daemon, key, '192.0.2.1')).toBe('address_denied_key');
    }
  }

  // Revisions and audit lines are without holes: one line for each entry that stands.
  const { items } = await daemon.ok('GET', '/api/v1/audit?limit=500');
  const added = items.filter(({ action }: { action: string }) => /entr.*(create|add)|add.*entry/.test(action)).length;
  const beyondCreation = acknowledged.reduce((sum, set) => sum + set.size - 1, 0);
  expect(added).toBe(beyondCreation);
});
