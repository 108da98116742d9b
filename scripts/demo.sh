#!/usr/bin/env bash
# Two turns of the real Claude Code on a small model in this machine's own memory: installs what is
# missing, builds, fetches model and client, runs, and prints what each turn cost.
#
# Everything that the demo's client and server write lies in a temporary folder; neither your
# ~/.claude nor a server of yours is touched.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/setup/common.sh
. scripts/setup/common.sh

scripts/build.sh release
model=$(scripts/setup/models.sh smollm2)
client=$(scripts/setup/claude.sh)
exec "$(find_python)" scripts/demo.py --program build/release/anyclaude --model "$model" \
  --client "$client"
