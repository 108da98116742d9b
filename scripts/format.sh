#!/usr/bin/env bash
# Formats the project's C++ as .clang-format says; with --check only tells what is not.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/setup/common.sh
. scripts/setup/common.sh

formatter=
for candidate in clang-format-19 /opt/homebrew/opt/llvm@19/bin/clang-format \
  /usr/local/opt/llvm@19/bin/clang-format clang-format; do
  if command -v "$candidate" >/dev/null; then formatter=$candidate; break; fi
done
[ -n "$formatter" ] || fail "clang-format is missing; run 'make setup'."
arguments=(-i)
if [ "${1:-}" = --check ]; then arguments=(--dry-run -Werror); fi
find src tests fuzz bench \( -name '*.h' -o -name '*.cpp' \) -print0 2>/dev/null |
  xargs -0 "$formatter" "${arguments[@]}"
