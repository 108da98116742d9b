#!/usr/bin/env bash
# Finds a Chromium and installs Playwright and Pillow for Python, as
# scripts/setup/browser/requirements.txt pins them, into the user's cache folder; prints where:
#   python=PATH     a Python that has `playwright` and `PIL`
#   browser=PATH    a Chromium, or a browser made of it
#
# ANYCLAUDE_TEST_BROWSER=PATH   use this one
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/setup/common.sh
. "$here/common.sh"

find_browser() {
  local name
  for name in "${ANYCLAUDE_TEST_BROWSER:-}" chromium chromium-browser google-chrome \
    "/Applications/Chromium.app/Contents/MacOS/Chromium" \
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
    if [ -n "$name" ] && type -P "$name"; then return; fi
  done
  fail "No Chromium found. Install it (Debian: apt-get install chromium; Ubuntu: snap install" \
    "chromium; a Mac: Google Chrome), or set ANYCLAUDE_TEST_BROWSER to the program."
}

browser=$(find_browser)
venv="$(cache_folder)/browser-test"
mkdir -p "$(dirname "$venv")"
install_venv "$here/browser/requirements.txt" "$venv" "Playwright and Pillow (61 MB)" \
  --require-hashes
echo "python=$venv/bin/python"
echo "browser=$browser"
