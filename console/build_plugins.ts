// What is done when the console is built so that its first page stands early on a slow machine.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { convertCssVariables, DEFAULT_THEME, defaultCssVariablesResolver, mergeMantineTheme } from '@mantine/core';
import type { Plugin } from 'vite';
import { colorsUsed, cssVariables, theme } from './src/app/theme.ts';

const name = 'virtual:variables.css';

/** The theme's CSS variables, made here and not in every browser anew, without colours that the console does not use. */
function variablesCss(): string {
  const merged = mergeMantineTheme(DEFAULT_THEME, theme);
  const standard = defaultCssVariablesResolver(merged);
  const own = cssVariables(merged);
  const unused = Object.keys(merged.colors).filter((color) => !colorsUsed.includes(color));
  const kept = (variables: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(variables).filter(([key]) => !unused.some((color) => key.startsWith(`--mantine-color-${color}-`))),
    );
  return convertCssVariables({
    variables: kept({ ...standard.variables, ...own.variables }),
    light: kept({ ...standard.light, ...own.light, '--mantine-color-scheme': 'light' }),
    dark: kept({ ...standard.dark, ...own.dark, '--mantine-color-scheme': 'dark' }),
  });
}

/** Every page is index.html. What another page's own file holds is the script that it begins with instead. */
export function sharedPage(): Plugin {
  const script = /<script.*<\/script>/;
  return {
    name: 'keyfence-shared-page',
    transformIndexHtml: {
      order: 'pre',
      handler: (html) =>
        readFileSync(new URL('./index.html', import.meta.url), 'utf8').replace(script, script.exec(html)![0]),
    },
  };
}

/** What need not wait for the rest runs before it, and what every page needs is fetched meanwhile. */
export function preloaded(): Plugin {
  return {
    name: 'keyfence-preloaded',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler: (html, { bundle }) => {
        const files = Object.keys(bundle ?? {}).filter((file) => !html.includes(file));
        const link = (test: RegExp, attrs: Record<string, string>) =>
          files
            .filter((file) => test.test(file))
            .map((file) => ({
              tag: 'link',
              attrs: { ...attrs, href: `/${file}`, crossorigin: '' },
              injectTo: 'head' as const,
            }));
        const first = `/${Object.keys(bundle ?? {}).find((file) => /assets.first-.*\.js$/.test(file))}"`;
        const script = `<script type="module" crossorigin src="`;
        return {
          html: html.includes(first) ? html.replace(script, `${script}${first}></script>\n    ${script}`) : html,
          tags: link(/assets.inter-latin.*\.woff2$/, { rel: 'preload', as: 'font', type: 'font/woff2' }),
        };
      },
    },
  };
}

/** Of what every page needs nearly all is called at once: the browser is told to compile it while it comes, beside the
    page's own thread, and not function by function when they are called. */
export function compiledAtOnce(): Plugin {
  return {
    name: 'keyfence-compiled-at-once',
    apply: 'build',
    // On the disk: the comment has to stand before all that Vite adds.
    writeBundle({ dir }, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk' || !/^(react|frame)$/.test(chunk.name)) continue;
        const path = join(dir!, chunk.fileName);
        writeFileSync(path, `//# allFunctionsCalledOnLoad\n${readFileSync(path, 'utf8')}`);
      }
    },
  };
}

export function variables(): Plugin {
  return {
    name: 'keyfence-variables',
    resolveId: (id) => (id === name ? `\0${name}` : undefined),
    load: (id) => (id === `\0${name}` ? variablesCss() : undefined),
  };
}
