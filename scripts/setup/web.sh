#!/usr/bin/env bash
# Installs what web/package-lock.json pins for the dashboard's page into the user's cache folder, a
# folder for each lock file, and prints where:
#   node=PATH      a node, 22 or newer
#   modules=PATH   the node_modules with Preact, Chart.js, Pico, esbuild, TypeScript and axe
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=scripts/setup/common.sh
. "$here/common.sh"

locked=$(cat "$root/web/package.json" "$root/web/package-lock.json" | sha256)
folder="$(cache_folder)/web/${locked:0:16}"
mkdir -p "$(dirname "$folder")"
install_npm "$root/web" "$folder" "the packages of the dashboard (75 MB on the disk)"
echo "node=$("$here/node.sh")/bin/node"
echo "modules=$folder/node_modules"
