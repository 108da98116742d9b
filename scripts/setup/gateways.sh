#!/usr/bin/env bash
# Installs the gateways that bench/gateway.py measures beside anyclaude, as scripts/setup/gateways
# pins them, into the user's cache folder and prints where:
#   litellm=PATH   LiteLLM's program
#   node=PATH      a node, 22 or newer, for
#   ccr=PATH       claude-code-router's program
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/setup/common.sh
. "$here/common.sh"

install_litellm() {  # FOLDER
  local wanted
  wanted=$(cat "$here/gateways/requirements.txt" <("$(find_python)" --version) | sha256)
  if [ "$(cat "$1/installed" 2>/dev/null)" = "$wanted" ]; then return; fi
  hold_lock "$1.lock"
  if [ "$(cat "$1/installed" 2>/dev/null)" = "$wanted" ]; then return; fi
  say "Fetching LiteLLM (about 750 MB on the disk)"
  # A virtual environment cannot be renamed, so it counts from the moment that `installed` is there.
  rm -rf "$1"
  "$(find_python)" -m venv "$1" >&2
  "$1/bin/python" -m pip install --quiet --disable-pip-version-check \
    -r "$here/gateways/requirements.txt" >&2
  echo "$wanted" >"$1/installed"
}

deps="$(cache_folder)/deps"
mkdir -p "$deps"
install_litellm "$deps/litellm"
install_npm "$here/gateways" "$deps/claude-code-router" "claude-code-router"
node=$("$here/node.sh")
echo "litellm=$deps/litellm/bin/litellm"
echo "node=$node/bin/node"
echo "ccr=$deps/claude-code-router/node_modules/@musistudio/claude-code-router/dist/cli.js"
