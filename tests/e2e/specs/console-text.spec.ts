// What the console reckons by itself, without a browser: what is pasted into an import, what lies inside what, QR codes.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from '@playwright/test';

import { isBinary, readImport } from '../../../console/src/features/allowlists/import_text.ts';
import { qrMatrix } from '../../../console/src/features/profile/qr.ts';
import { admits, countText, rangeOf, shortForm } from '../../../console/src/net/range.ts';

const entries = (text: string) => readImport(text).map(({ line, text: entry, label }) => [line, entry, label]);

test('an import takes whatever line ends, blanks, byte order marks and comments come', () => {
  expect(entries('\ufeff198.51.100.1\r\n\r\n \u00a0192.0.2.7\u00a0 \r# all\n10.0.0.1 # lab\n')).toEqual([
    [1, '198.51.100.1', ''],
    [3, '192.0.2.7', ''],
    [5, '10.0.0.1', 'lab'],
  ]);
});

test('an import reads what spreadsheets write: quotes, doubled quotes, semicolons, tabs, commas in labels', () => {
  expect(entries('"198.51.100.1","Office, ""main"""\n198.51.100.2;Lager;Nord\n198.51.100.3\tBuild, test\n198.51.100.4, a, b')).toEqual([
    [1, '198.51.100.1', 'Office, "main"'],
    [2, '198.51.100.2', 'Lager, Nord'],
    [3, '198.51.100.3', 'Build, test'],
    [4, '198.51.100.4', 'a, b'],
  ]);
});

test('a binary file is known, a text in any language is not taken for one', () => {
  expect(isBinary('PK\u0003\u0004\u0000')).toBe(true);
  expect(isBinary('198.51.100.1, Büro 東京\t\r\n')).toBe(false);
});

test('what a canonical entry admits, to its first and last address', () => {
  expect(admits('203.0.113.0/24', '203.0.113.255')).toBe(true);
  expect(admits('203.0.113.0/24', '203.0.114.0')).toBe(false);
  expect(admits('198.51.100.10-198.51.100.20', '198.51.100.20')).toBe(true);
  expect(admits('198.51.100.10-198.51.100.20', '198.51.100.21')).toBe(false);
  expect(admits('2001:db8:4::/48', '2001:db8:4:ffff::1')).toBe(true);
  expect(admits('2001:db8:4::/48', '2001:db8:5::1')).toBe(false);
  expect(admits('0.0.0.0/0', '2001:db8::1')).toBe(false);
  expect(rangeOf('::/0')?.last).toBe((1n << 128n) - 1n);
  expect(rangeOf('1.2.3')).toBeUndefined();
  expect(shortForm('2001:db8::1/128')).toBe('2001:db8::1');
  expect(countText(String(1n << 80n))).toBe('2⁸⁰');
});

test('a QR code is the one that the standard makes', () => {
  const rows = qrMatrix('otpauth://totp/Keyfence:operator?secret=JBSWY3DPEHPK3PXPJBSW').map((row) =>
    row.map((dark) => (dark ? '#' : '.')).join(''),
  );
  // The same text through an independent encoder (libqrencode 4.1, level M).
  expect(rows).toEqual([
    '#######.###..##.#.###.##..#######',
    '#.....#.####.#..#...#..#..#.....#',
    '#.###.#..#.##...#.#.#...#.#.###.#',
    '#.###.#.#...#.##...##.....#.###.#',
    '#.###.#..###..#..####.###.#.###.#',
    '#.....#...#####..#.##.#.#.#.....#',
    '#######.#.#.#.#.#.#.#.#.#.#######',
    '........#.##..#######...#........',
    '#.##.###.##.#.#.###..##.#.#..#.##',
    '#.##.#..##..#...#.####.#.###.####',
    '#####.#..#.##.#..#...#.####..#.##',
    '#..##..#....#####..##..###...#..#',
    '..##.##.###.#..##....###....##.##',
    '#.####...#..##..###..#.###.#.#.#.',
    '##..#.##.....##...##.#..#######..',
    '....#..###.###.......####.#..####',
    '.###..#..#...#..#...#.##..#.####.',
    '#..#......##..##.##.#.#######...#',
    '##.#.##.#....####.#..##.####..#..',
    '##.#.#.##...##..##.#...#####.....',
    '#...#.#....#.##...###...#.....##.',
    '#......#...###.###..#.#......##.#',
    '..###.####.###......##.#.#..#..##',
    '.##.#..#.#..#####..#...#..#.##.#.',
    '#.#..##....##..#.#.#..#.#####..##',
    '........#.##.#.###.#....#...##.#.',
    '#######.#..####.#..##.###.#.##...',
    '#.....#.##..####..#..#.##...#####',
    '#.###.#...###.#..####.#######.##.',
    '#.###.#.#.##.....#.##.####.#....#',
    '#.###.#.#.#.#..#.#..####..#..#...',
    '#.....#...#..###.##...##...#....#',
    '#######.####..##.#####.#.######..',
  ]);
});

test('the styles of every component that the console takes from Mantine are loaded', () => {
  const root = join(import.meta.dirname, '../../../console');
  const listed = readFileSync(join(root, 'src/app/mantine_styles.ts'), 'utf8');
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.tsx'));
  const taken = new Set<string>();
  for (const name of sources) {
    const text = readFileSync(join(root, 'src', name), 'utf8');
    for (const [, names] of text.matchAll(/import \{([^}]*)\} from '@mantine\/core'/g)) {
      for (const one of names!.split(',')) taken.add(one.trim());
    }
  }
  const missing = [...taken].filter(
    (name) =>
      existsSync(join(root, `node_modules/@mantine/core/styles/${name}.css`)) && !listed.includes(`/${name}.layer.css`),
  );
  expect(taken.size).toBeGreaterThan(20);
  expect(missing).toEqual([]);
});
