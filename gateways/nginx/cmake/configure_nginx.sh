#!/usr/bin/env bash
# Makes the headers that nginx's own build would make (ngx_auto_config.h and kin) for the nginx that Debian ships:
# configure_nginx.sh SOURCE_DIR OBJECTS_DIR. The flags are Debian's, so that a module built with these headers has the
# signature of the installed binary. Nothing is written to SOURCE_DIR.
set -euo pipefail
source_dir=$1
objects_dir=$2

mkdir -p "$objects_dir"
NGX_CONF_FLAGS=()
# shellcheck source=/dev/null
. "$source_dir/conf_flags"
cd "$source_dir"
if ! ./configure "${NGX_CONF_FLAGS[@]}" --builddir="$objects_dir" >"$objects_dir/configure.log" 2>&1; then
  tail -n 20 "$objects_dir/configure.log" >&2
  echo "nginx's configure failed; the whole log: $objects_dir/configure.log" >&2
  exit 1
fi
