#!/usr/bin/env bash
# Records docs/guides/choosing-a-mode.gif anew: the real dashboard in Chromium and the real Claude
# Code in a terminal, answered by SmolLM2 in `anyclaude` and in a real mlx-lm. Installs what is
# missing, and builds. Some 3 minutes when all is there.
#
# tutorial.sh [--frames FOLDER]   also writes its single pictures there
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/build.sh release
python=$(scripts/setup/browser.sh | sed -n 's/^python=//p')
exec "$python" scripts/tutorial/record.py --anyclaude build/release/anyclaude \
  --output docs/guides/choosing-a-mode.gif "$@"
