// Writes a .gz beside every text file of the build, so that the daemon compresses nothing itself.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

const isText = (name: string) => /\.(js|css|html|svg|json|webmanifest)$/.test(name);

export function precompressed(): Plugin {
  let outDir = 'dist';
  return {
    name: 'keyfence-precompressed',
    apply: 'build',
    configResolved(config) {
      outDir = config.build.outDir;
    },
    closeBundle() {
      for (const file of readdirSync(outDir, { recursive: true, withFileTypes: true })) {
        if (!file.isFile() || !isText(file.name)) continue;
        const path = join(file.parentPath, file.name);
        writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: constants.Z_BEST_COMPRESSION }));
      }
    },
  };
}
