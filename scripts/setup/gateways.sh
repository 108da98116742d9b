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

deps="$(cache_folder)/deps"
mkdir -p "$deps"
install_venv "$here/gateways/requirements.txt" "$deps/litellm" "LiteLLM (about 750 MB on the disk)"
install_npm "$here/gateways" "$deps/claude-code-router" "claude-code-router"
node=$("$here/node.sh")
echo "litellm=$deps/litellm/bin/litellm"
echo "node=$node/bin/node"
echo "ccr=$deps/claude-code-router/node_modules/@musistudio/claude-code-router/dist/cli.js"
