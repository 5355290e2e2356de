// What the nginx module may be linked from: the data plane knows no SQL and no HTTP library.

const sharedAllowed = /^(libc|libm|libstdc\+\+|libgcc_s|libpthread|libdl|librt|ld-linux-[a-z0-9-]+|libcrypto)\.so/;
// Sanitizer builds bring their runtime.
const sharedOfSanitizers = /^lib(asan|ubsan|tsan)\.so/;
const staticAllowed = new Set(['base', 'net', 'policy', 'image', 'usage', 'gateway'].map((part) => `libkeyfence_${part}.a`));

/** Shared libraries in the output of readelf -d that the module must not need. */
export function findForbiddenShared(readelfOutput) {
  return [...readelfOutput.matchAll(/\(NEEDED\).*\[([^\]]+)\]/g)]
    .map(([, name]) => name)
    .filter((name) => !sharedAllowed.test(name) && !sharedOfSanitizers.test(name));
}

/** Static libraries in the output of ninja -t query that the module must not be linked from. */
export function findForbiddenStatic(ninjaQueryOutput) {
  const inputs = ninjaQueryOutput.replace(/\n {2}outputs:[^]*/, '');
  return [...inputs.matchAll(/([^\s/|]+\.a)\s*$/gm)].map(([, name]) => name).filter((name) => !staticAllowed.has(name));
}

/** Symbols in the output of nm -D --defined-only that nginx does not ask for. */
export function findForbiddenExports(nmOutput) {
  const asked = new Set(['ngx_modules', 'ngx_module_names', 'ngx_module_order']);
  return [...nmOutput.matchAll(/^[0-9a-f]+ [A-Za-z] (\S+)$/gm)].map(([, name]) => name).filter((name) => !asked.has(name));
}
