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

cache=$(cache_folder)
install_venv "$root/tests/sdk/requirements.txt" "$cache/sdk-python" "the SDKs for Python"
install_npm "$root/tests/sdk" "$cache/sdk-node" "the SDKs for TypeScript"
node=$("$here/node.sh")
echo "python=$cache/sdk-python/bin/python"
echo "node=$node/bin/node"
echo "node_folder=$cache/sdk-node"
