#!/usr/bin/env bash
# Installs the Claude Code that scripts/setup/claude/package.json pins into the user's cache folder,
# where the launcher finds it, and prints the path of `claude`.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/setup/common.sh
. "$here/common.sh"

folder="$(cache_folder)/claude"
install_npm "$here/claude" "$folder" "Claude Code (about 120 MB)"
if [ -n "${work:-}" ]; then
  # The package puts its program in place after the installation, unless npm was told to run no
  # scripts.
  if ! HOME=$work "$folder/node_modules/.bin/claude" --version >/dev/null 2>&1; then
    (cd "$folder/node_modules/@anthropic-ai/claude-code" &&
      PATH="$("$here/node.sh")/bin:$PATH" node install.cjs >&2)
    HOME=$work "$folder/node_modules/.bin/claude" --version >/dev/null ||
      { rm -f "$folder/installed"; fail "The fetched Claude Code does not run here."; }
  fi
fi
echo "$folder/node_modules/.bin/claude"
