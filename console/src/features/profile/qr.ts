// A QR code for a text, drawn by ourselves: byte mode, error correction M, versions 1 to 15.
// Source: ISO/IEC 18004.

export type Matrix = boolean[][];

/** For version v at level M: correction bytes per block, and blocks of each length as [count, data bytes]. */
const layouts: [number, [number, number][]][] = [
  [10, [[1, 16]]],
  [16, [[1, 28]]],
  [26, [[1, 44]]],
  [18, [[2, 32]]],
  [24, [[2, 43]]],
  [16, [[4, 27]]],
  [18, [[4, 31]]],
  [
    22,
    [
      [2, 38],
      [2, 39],
    ],
  ],
  [
    22,
    [
      [3, 36],
      [2, 37],
    ],
  ],
  [
    26,
    [
      [4, 43],
      [1, 44],
    ],
  ],
  [
    30,
    [
      [1, 50],
      [4, 51],
    ],
  ],
  [
    22,
    [
      [6, 36],
      [2, 37],
    ],
  ],
  [
    22,
    [
      [8, 37],
      [1, 38],
    ],
  ],
  [
    24,
    [
      [4, 40],
      [5, 41],
    ],
  ],
  [
    24,
    [
      [5, 41],
      [5, 42],
    ],
  ],
];

const alignments: number[][] = [
  [],
  [6, 18],
  [6, 22],
  [6, 26],
  [6, 30],
  [6, 34],
  [6, 22, 38],
  [6, 24, 42],
  [6, 26, 46],
  [6, 28, 50],
  [6, 30, 54],
  [6, 32, 58],
  [6, 34, 62],
  [6, 26, 46, 66],
  [6, 26, 48, 70],
];

// Powers and logarithms in GF(256) with x^8 + x^4 + x^3 + x^2 + 1.
const power = new Uint8Array(512);
const logarithm = new Uint8Array(256);
for (let exponent = 0, value = 1; exponent < 255; exponent++) {
  power[exponent] = value;
  power[exponent + 255] = value;
  logarithm[value] = exponent;
  value <<= 1;
  if (value > 255) value ^= 0x11d;
}
const times = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : power[logarithm[a]! + logarithm[b]!]!);

function generator(degree: number): number[] {
  let polynomial = [1];
  for (let root = 0; root < degree; root++) {
    const next = [...polynomial, 0];
    for (let i = 0; i < polynomial.length; i++) next[i + 1]! ^= times(polynomial[i]!, power[root]!);
    polynomial = next;
  }
  return polynomial;
}

function correction(data: number[], degree: number): number[] {
  const divisor = generator(degree);
  const rest = [...data, ...Array<number>(degree).fill(0)];
  for (let i = 0; i < data.length; i++) {
    const factor = rest[i]!;
    if (factor === 0) continue;
    for (let j = 0; j < divisor.length; j++) rest[i + j]! ^= times(divisor[j]!, factor);
  }
  return rest.slice(data.length);
}

const capacity = ([, blocks]: (typeof layouts)[number]): number =>
  blocks.reduce((sum, [count, length]) => sum + count * length, 0);

function dataBytes(bytes: Uint8Array, version: number, total: number): number[] {
  const bits: number[] = [];
  const put = (value: number, length: number) => {
    for (let bit = length - 1; bit >= 0; bit--) bits.push((value >> bit) & 1);
  };
  put(0b0100, 4);
  put(bytes.length, version < 10 ? 8 : 16);
  for (const byte of bytes) put(byte, 8);
  put(0, Math.min(4, total * 8 - bits.length));
  while (bits.length % 8 !== 0) bits.push(0);
  const words: number[] = [];
  for (let i = 0; i < bits.length; i += 8) words.push(Number.parseInt(bits.slice(i, i + 8).join(''), 2));
  for (let pad = 0xec; words.length < total; pad ^= 0xec ^ 0x11) words.push(pad);
  return words;
}

function interleaved(words: number[], [degree, shapes]: (typeof layouts)[number]): number[] {
  const blocks: number[][] = [];
  let at = 0;
  for (const [count, length] of shapes) {
    for (let i = 0; i < count; i++, at += length) blocks.push(words.slice(at, at + length));
  }
  const checks = blocks.map((block) => correction(block, degree));
  const mixed: number[] = [];
  const longest = Math.max(...blocks.map((block) => block.length));
  for (let i = 0; i < longest; i++) for (const block of blocks) if (i < block.length) mixed.push(block[i]!);
  for (let i = 0; i < degree; i++) for (const check of checks) mixed.push(check[i]!);
  return mixed;
}

/** undefined: not yet set, free for data. */
type Draft = (boolean | undefined)[][];

function frame(version: number): Draft {
  const size = version * 4 + 17;
  const draft: Draft = Array.from({ length: size }, () => Array<boolean | undefined>(size).fill(undefined));
  const set = (row: number, column: number, dark: boolean) => {
    if (row >= 0 && column >= 0 && row < size && column < size) draft[row]![column] = dark;
  };
  for (const [top, left] of [
    [0, 0],
    [0, size - 7],
    [size - 7, 0],
  ] as const) {
    for (let row = -1; row <= 7; row++) {
      for (let column = -1; column <= 7; column++) {
        const ring = Math.max(Math.abs(row - 3), Math.abs(column - 3));
        set(top + row, left + column, ring !== 2 && ring !== 4);
      }
    }
  }
  const centres = alignments[version - 1]!;
  const last = centres.at(-1) ?? 0;
  for (const row of centres) {
    for (const column of centres) {
      if ((row === 6 && (column === 6 || column === last)) || (column === 6 && row === last)) continue;
      for (let y = -2; y <= 2; y++)
        for (let x = -2; x <= 2; x++) set(row + y, column + x, Math.max(Math.abs(x), Math.abs(y)) !== 1);
    }
  }
  for (let i = 8; i < size - 8; i++) {
    draft[6]![i] ??= i % 2 === 0;
    draft[i]![6] ??= i % 2 === 0;
  }
  if (version >= 7) {
    let rest = version;
    for (let i = 0; i < 12; i++) rest = (rest << 1) ^ ((rest >> 11) * 0x1f25);
    const bits = (version << 12) | rest;
    for (let i = 0; i < 18; i++) {
      const dark = ((bits >> i) & 1) === 1;
      set(Math.floor(i / 3), size - 11 + (i % 3), dark);
      set(size - 11 + (i % 3), Math.floor(i / 3), dark);
    }
  }
  return draft;
}

/** The cells that hold level and mask; with -1, only reserved. */
function formatBits(draft: Draft, mask: number): void {
  const size = draft.length;
  const data = Math.max(mask, 0); // level M is 00
  let rest = data;
  for (let i = 0; i < 10; i++) rest = (rest << 1) ^ ((rest >> 9) * 0x537);
  const bits = ((data << 10) | rest) ^ 0x5412;
  const dark = (i: number) => ((bits >> i) & 1) === 1;
  for (let i = 0; i < 15; i++) {
    const along = i < 6 ? i : i < 8 ? i + 1 : size - 15 + i;
    const across = i < 8 ? size - 1 - i : i === 8 ? 7 : 14 - i;
    draft[along]![8] = dark(i);
    draft[8]![across] = dark(i);
  }
  draft[size - 8]![8] = true;
}

const masks: ((row: number, column: number) => boolean)[] = [
  (y, x) => (x + y) % 2 === 0,
  (y) => y % 2 === 0,
  (_, x) => x % 3 === 0,
  (y, x) => (x + y) % 3 === 0,
  (y, x) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (y, x) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (y, x) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (y, x) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

function place(draft: Draft, words: number[], mask: (row: number, column: number) => boolean): void {
  const size = draft.length;
  let bit = 0;
  let upward = true;
  for (let right = size - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step++) {
      const row = upward ? size - 1 - step : step;
      for (const column of [right, right - 1]) {
        if (draft[row]![column] !== undefined) continue;
        const word = words[bit >> 3];
        const dark = word !== undefined && ((word >> (7 - (bit & 7))) & 1) === 1;
        bit++;
        draft[row]![column] = dark !== mask(row, column);
      }
    }
    upward = !upward;
  }
}

/** How hard a pattern is to read: long runs, blocks of one colour, false finders, too dark or too light. */
function penalty(matrix: Matrix): number {
  const size = matrix.length;
  const lines = [...matrix, ...matrix.map((_, column) => matrix.map((row) => row[column]!))];
  let sum = 0;
  for (const line of lines) {
    const text = line.map((dark) => (dark ? '1' : '0')).join('');
    for (const run of text.match(/0{5,}|1{5,}/g) ?? []) sum += run.length - 2;
    for (const finder of [/(?=10111010000)/g, /(?=00001011101)/g]) sum += 40 * (text.match(finder)?.length ?? 0);
  }
  for (let row = 1; row < size; row++) {
    for (let column = 1; column < size; column++) {
      const dark = matrix[row]![column];
      if (
        dark === matrix[row - 1]![column] &&
        dark === matrix[row]![column - 1] &&
        dark === matrix[row - 1]![column - 1]
      )
        sum += 3;
    }
  }
  const share = matrix.flat().filter(Boolean).length / (size * size);
  return sum + 10 * Math.floor(Math.abs(share * 100 - 50) / 5);
}

/** The cells of the smallest code that holds a text, true where dark, without the quiet zone. */
export function qrMatrix(text: string): Matrix {
  const bytes = new TextEncoder().encode(text);
  const version = 1 + layouts.findIndex((layout, index) => bytes.length + (index < 9 ? 2 : 3) <= capacity(layout));
  if (version === 0) throw new Error('too long for a QR code');
  const layout = layouts[version - 1]!;
  const words = interleaved(dataBytes(bytes, version, capacity(layout)), layout);
  const candidates = masks.map((mask, index) => {
    const draft = frame(version);
    formatBits(draft, -1);
    place(draft, words, mask);
    formatBits(draft, index);
    return draft as Matrix;
  });
  return candidates.reduce((best, next) => (penalty(next) < penalty(best) ? next : best));
}

/** One path for all dark cells, in units of a cell, with the quiet zone of four. */
export function qrPath(matrix: Matrix): string {
  return matrix.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x + 4} ${y + 4}h1v1h-1z` : ''))).join('');
}
