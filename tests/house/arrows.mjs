// The dependency arrows of ARCHITECTURE.md. A part may include itself and what stands in its row; tests beside
// sources keep to the same rows.

/** part -> parts that it may include, nearest and further ones. */
export const arrows = {
  'libs/base': [],
  'libs/net': ['libs/base'],
  'libs/policy': ['libs/base', 'libs/net'],
  'libs/image': ['libs/base', 'libs/net', 'libs/policy'],
  'libs/sqlite': ['libs/base', 'libs/policy'],
  'libs/usage': ['libs/base', 'libs/net', 'libs/policy', 'libs/sqlite'],
  'libs/store': ['libs/base', 'libs/net', 'libs/policy', 'libs/sqlite'],
  'libs/publish': ['libs/base', 'libs/net', 'libs/policy', 'libs/image', 'libs/store'],
  'libs/admin': ['libs/base', 'libs/net', 'libs/policy', 'libs/image', 'libs/usage', 'libs/store', 'libs/publish'],
  'gateways/nginx': ['libs/base', 'libs/net', 'libs/policy', 'libs/image', 'libs/usage'],
  apps: ['libs/base', 'libs/net', 'libs/policy', 'libs/image', 'libs/usage', 'libs/store', 'libs/publish',
    'libs/admin'],
};

const parts = Object.keys(arrows);
const partOf = (path) => parts.find((part) => path.startsWith(`${part}/`));

/** What is wrong with the includes of the given files, one sentence each. */
export function findWrongIncludes(files) {
  const wrong = [];
  for (const { path, text } of files) {
    const from = partOf(path);
    if (!from) {
      wrong.push(`${path}: lies in no part that the table of arrows knows`);
      continue;
    }
    for (const [, quoted, angled] of text.matchAll(/^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<([^>]+)>)/gm)) {
      const included = quoted ?? angled;
      if (/^ngx_|^nginx\.h$/.test(included) && from !== 'gateways/nginx') {
        wrong.push(`${path}: includes <${included}>; only gateways/nginx may see nginx's types`);
      }
      if (included.includes('../')) wrong.push(`${path}: includes "${included}"; includes are written from the root`);
      const to = partOf(included);
      if (/^(libs|apps|gateways)\//.test(included) && !to) {
        wrong.push(`${path}: includes "${included}", which lies in no known part`);
      }
      if (to && to !== from && !arrows[from].includes(to)) {
        wrong.push(`${path}: includes "${included}"; ${from} must not depend on ${to}`);
      }
    }
  }
  return wrong;
}
