# shellcheck shell=bash
# Read by the other scripts of this folder; not a command.

KEYFENCE_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
export KEYFENCE_ROOT

# What script/bootstrap put beside an old Debian node comes first.
if [ -x "$KEYFENCE_ROOT/.cache/node/node_modules/.bin/node" ]; then
  PATH="$KEYFENCE_ROOT/.cache/node/node_modules/.bin:$PATH"
  export PATH
fi

say() { printf '%s: %s\n' "${0##*/}" "$*"; }
die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# Configures a preset if it was not, then builds the named targets (none: everything) with progress shown.
build_preset() {
  local preset="$1"
  shift
  local dir="$KEYFENCE_ROOT/build/$preset"
  if [ ! -f "$dir/build.ninja" ]; then
    say "configuring $preset"
    (cd "$KEYFENCE_ROOT" && cmake --preset "$preset" --log-level=WARNING) || return 1
  fi
  say "building $preset"
  NINJA_STATUS="[%f of %t, %e s] " ninja -C "$dir" "$@"
}

# npm ci where a folder has a package-lock.json, and only if that has changed since the last time.
fetch_npm_packages() {
  local dir="$KEYFENCE_ROOT/$1"
  [ -f "$dir/package-lock.json" ] || return 0
  local stamp="$dir/node_modules/.keyfence-lock"
  if cmp -s "$dir/package-lock.json" "$stamp"; then return 0; fi
  say "fetching the npm packages of $1"
  (cd "$dir" && npm ci --no-audit --no-fund --loglevel=error) || return 1
  cp "$dir/package-lock.json" "$stamp"
}

# Builds the console into console/dist if anything that goes into it is newer than what stands there.
build_console() {
  fetch_npm_packages console || return 1
  local dir="$KEYFENCE_ROOT/console"
  local built="$dir/dist/index.html"
  if [ -f "$built" ] && [ -z "$(find "$dir" "$KEYFENCE_ROOT/libs/admin/openapi.yaml" \
    \( -path "$dir/node_modules" -o -path "$dir/dist" -o -name schema.d.ts \) -prune \
    -o -type f -newer "$built" -print -quit)" ]; then return 0; fi
  say "building the console"
  (cd "$dir" && npm run --silent build)
}
