// What people paste into an import, made into entries: Windows line ends, tabs, non-breaking spaces, a byte order mark,
// a CSV from a spreadsheet with quotes and labels that hold commas. What an entry means is the API's to say.
import type { EntryInput } from '../../api/types.ts';

export interface ImportSource {
  /** The line of the text, from 1. */
  line: number;
  text: string;
  label: string;
}

export const importLinesMax = 100_000;
export const importLinesAdvised = 500;

/** Fields of one line of CSV; the separator is whichever of comma, semicolon and tab comes first. */
function fieldsOf(line: string): string[] {
  const separator = /[,;\t]/.exec(line.replace(/"([^"]|"")*"/g, (quoted) => '_'.repeat(quoted.length)))?.[0] ?? ',';
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const char = line[i]!;
    if (quoted) {
      if (char !== '"') field += char;
      else if (line[i + 1] === '"') {
        field += '"';
        i++;
      } else quoted = false;
    } else if (char === '"' && field.trim() === '') {
      quoted = true;
      field = '';
    } else if (char === separator) {
      fields.push(field);
      field = '';
    } else field += char;
  }
  fields.push(field);
  return fields.map((one) => one.trim());
}

function sourceOf(raw: string, line: number): ImportSource | undefined {
  const clean = raw
    .replace(/[\u00a0\u2007\u202f]/g, ' ')
    .replace(/[\u200b\u2060\ufeff]/g, '')
    .trim();
  if (clean === '' || clean.startsWith('#')) return undefined;
  const [text = '', ...rest] = clean.startsWith('"') || /[,;\t]/.test(clean) ? fieldsOf(clean) : [clean];
  const label = rest.filter((field) => field !== '').join(', ');
  if (label === '') {
    // A spreadsheet ends its sheet with rows of separators alone.
    if (text === '') return undefined;
    const [entry = '', comment = ''] = text.split('#', 2);
    return { line, text: entry.trim(), label: comment.trim() };
  }
  return { line, text, label };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
export const isBinary = (text: string): boolean => /[\u0000-\u0008\u000e-\u001a]|\ufffd/.test(text.slice(0, 65_536));

export function readImport(text: string): ImportSource[] {
  const sources: ImportSource[] = [];
  text.split(/\r\n|\r|\n/).forEach((raw, index) => {
    const source = sourceOf(raw, index + 1);
    if (source) sources.push(source);
  });
  return sources;
}

export const inputOfSource = ({ text, label }: ImportSource): EntryInput => ({ text, label });
