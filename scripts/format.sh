#!/usr/bin/env bash
# Formats the project's C++ as .clang-format says; with --check only names the files that are not.
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

unformatted=0
while IFS= read -r file; do
  if [ "${1:-}" != --check ]; then
    "$formatter" -i "$file"
  elif ! "$formatter" "$file" | cmp -s - "$file"; then
    echo "not formatted: $file"
    unformatted=$((unformatted + 1))
  fi
done < <(find src tests fuzz bench \( -name '*.h' -o -name '*.cpp' \) 2>/dev/null | sort)
[ $unformatted = 0 ] || fail "$unformatted files are not formatted; 'make format' does it."
