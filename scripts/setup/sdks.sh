#!/usr/bin/env bash
# Installs the official SDKs that tests/sdk/ pins into the user's cache folder and prints where:
#   python=PATH         a Python that has `anthropic` and `openai`
#   node=PATH           a node, 22 or newer
#   node_folder=PATH    the folder whose node_modules has @anthropic-ai/sdk and openai; a script
#                       elsewhere loads them with createRequire(node_folder + "/")
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=scripts/setup/common.sh
. "$here/common.sh"

install_python_sdk() {  # FOLDER
  local wanted
  wanted=$(cat "$root/tests/sdk/requirements.txt" <("$(find_python)" --version) | sha256)
  if [ "$(cat "$1/installed" 2>/dev/null)" = "$wanted" ]; then return; fi
  hold_lock "$1.lock"
  if [ "$(cat "$1/installed" 2>/dev/null)" = "$wanted" ]; then return; fi
  say "Fetching the SDKs for Python"
  # A virtual environment cannot be renamed, so it counts from the moment that `installed` is there.
  rm -rf "$1"
  "$(find_python)" -m venv "$1" >&2
  "$1/bin/python" -m pip install --quiet --disable-pip-version-check \
    -r "$root/tests/sdk/requirements.txt" >&2
  echo "$wanted" >"$1/installed"
}

cache=$(cache_folder)
install_python_sdk "$cache/sdk-python"
install_npm "$root/tests/sdk" "$cache/sdk-node" "the SDKs for TypeScript"
node=$("$here/node.sh")
echo "python=$cache/sdk-python/bin/python"
echo "node=$node/bin/node"
echo "node_folder=$cache/sdk-node"
