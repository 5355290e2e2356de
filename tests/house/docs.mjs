// What documents promise about the checkout: links that lead somewhere, commands that are there.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

const withoutCode = (text) => text.replace(/^(```|~~~)[^]*?^\1/gm, '').replace(/`[^`\n]*`/g, '');

/** GitHub's name for a heading, as in #a-section. */
const anchorOf = (heading) =>
  heading.trim().toLowerCase().replace(/`/g, '').replace(/[^\p{L}\p{N} _-]/gu, '').replace(/ /g, '-');

const anchorsOf = (text) =>
  [...text.replace(/^(```|~~~)[^]*?^\1/gm, '').matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading));

/** Relative links of the documents ({path, text}) that lead nowhere. */
export function findDeadLinks(documents, exists, textOf) {
  const dead = [];
  for (const { path, text } of documents) {
    for (const [, target] of withoutCode(text).matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)) {
      if (/^[a-z][a-z0-9+.-]*:/i.test(target)) continue;
      const [file, anchor] = target.split('#');
      const goal = file === '' ? path : join(dirname(path), decodeURIComponent(file));
      if (!exists(goal)) dead.push(`${path}: ${target} is not there`);
      else if (anchor && goal.endsWith('.md') && !anchorsOf(textOf(goal)).includes(anchor)) {
        dead.push(`${path}: ${target}: no such heading`);
      }
    }
  }
  return dead;
}

/** Functions that documents link to, [`name()`](file), and the file lacks. */
export function findMissingFunctions(documents, textOf) {
  const missing = [];
  for (const { path, text } of documents) {
    for (const [, name, target] of text.matchAll(/\[`(?:\w+::)*(\w+)\(\)`\]\(([^)#]+)\)/g)) {
      const source = textOf(join(dirname(path), target));
      if (!new RegExp(`\\b${name}\\(`).test(source)) missing.push(`${path}: ${name}() is not in ${target}`);
    }
  }
  return missing;
}

/** Commands like script/test that documents name and the checkout lacks. */
export function findMissingCommands(documents, exists) {
  const missing = [];
  for (const { path, text } of documents) {
    for (const [, command] of text.matchAll(/(?<![\w/.-])((?:script|\.ci)\/[a-z_-]+)/g)) {
      if (!exists(command)) missing.push(`${path}: ${command} is not there`);
    }
  }
  return missing;
}

/** Pages like docs/x.md that sources name and the checkout lacks. */
export function findMissingPages(sources, exists) {
  const missing = [];
  for (const { path, text } of sources) {
    for (const [page] of text.matchAll(/\bdocs\/[a-z0-9/-]+\.md\b/g)) {
      if (!exists(page)) missing.push(`${path}: ${page} is not there`);
    }
  }
  return missing;
}

/** Packages that one list has and the other has not. */
export function findUnexplainedPackages(packageList, dependenciesPage) {
  const listed = [...packageList.matchAll(/^[a-z]+[ \t]+([a-z0-9.+-]+)/gm)].map(([, name]) => name);
  const explained = new Set([...dependenciesPage.matchAll(/`([a-z0-9.+-]+)`/g)].map(([, name]) => name));
  return [...new Set(listed)].filter((name) => !explained.has(name));
}

export const existsUnder = (root) => (path) => existsSync(join(root, path));
