#!/usr/bin/env bash
# The dashboard's page (web/), made of TypeScript and style sheets.
#
# web.sh FOLDER   bundles it into FOLDER: index.html, app.js, app.css, favicon.svg. Touches nothing
#                 when web/ has not changed since
# web.sh check    checks its types and runs its unit tests
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/setup/common.sh
. scripts/setup/common.sh

[ $# = 1 ] || fail "usage: web.sh FOLDER | web.sh check"

# Everything that the bundle follows from.
fingerprint() {
  find web scripts/web.sh -type f -not -path '*/node_modules/*' | LC_ALL=C sort |
    while read -r file; do printf '%s %s\n' "$file" "$(sha256 <"$file")"; done | sha256
}

bytes_max=$((350 * 1024))  # of the page in all: it is a part of the program

if [ "$1" != check ]; then
  mkdir -p "$1"
  output=$(cd "$1" && pwd)
  wanted=$(fingerprint)
  if [ "$(cat "$output/.made_of" 2>/dev/null)" = "$wanted" ]; then exit 0; fi
fi

parts=$(scripts/setup/web.sh)
node=$(sed -n 's/^node=//p' <<<"$parts")
modules=$(sed -n 's/^modules=//p' <<<"$parts")
PATH="$(dirname "$node"):$PATH"

# Programs and packages are found beside the sources, so these are put beside them.
make_work_folder "${TMPDIR:-/tmp}"
cp -R web "$work/web"
rm -rf "$work/web/node_modules"
ln -s "$modules" "$work/web/node_modules"

bundle() {  # ARGUMENT...
  (cd "$work/web" && node_modules/.bin/esbuild --bundle --log-level=warning --jsx=automatic \
    --jsx-import-source=preact "$@") || fail "The page could not be bundled; see above."
}

if [ "$1" = check ]; then
  (cd "$work/web" && node_modules/.bin/tsc --pretty false) || fail "The page's types are wrong."
  bundle src/*_test.ts --platform=node --format=esm --out-extension:.js=.mjs --outdir="$work/tests"
  LC_ALL=C node --test "$work"/tests/*.mjs
  exit
fi

bundle src/main.tsx src/app.css --entry-names=app --minify --legal-comments=inline \
  --target=es2022,chrome123,firefox120,safari17.5 --outdir="$work/page"
cp web/index.html web/favicon.svg "$work/page/"
bytes=$(cat "$work"/page/* | wc -c | tr -d ' ')
[ "$bytes" -le "$bytes_max" ] || fail "The page has $bytes bytes; at most $bytes_max."
cp "$work"/page/* "$output/"
echo "$wanted" >"$output/.made_of"
