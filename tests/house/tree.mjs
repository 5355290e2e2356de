// What the house tests share: where the checkout is, and its files.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

const notOurs = new Set(['build', 'node_modules', '.cache', '.git', '.keyfence', 'test-results']);

/** The files of the checkout whose names the filter accepts, as {path, text}; path is relative to the checkout. */
export function* filesOf(accepts, under = '.') {
  for (const item of readdirSync(join(root, under), { withFileTypes: true })) {
    if (notOurs.has(item.name)) continue;
    const path = relative(root, join(root, under, item.name));
    if (item.isDirectory()) yield* filesOf(accepts, path);
    else if (accepts(path)) yield { path, text: readFileSync(join(root, path), 'utf8') };
  }
}
