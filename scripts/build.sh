#!/usr/bin/env bash
# build.sh PRESET: installs what is missing and builds one preset of CMakePresets.json.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/setup/common.sh
. scripts/setup/common.sh

preset=$1
scripts/setup/packages.sh
mkdir -p build
log="build/$preset.log"
say "Configuring the $preset build"
cmake --preset "$preset" >"$log" || { tail -20 "$log" >&2; fail "CMake could not configure it."; }
say "Building build/$preset"
show_progress "$log" cmake --build --preset "$preset" ||
  { show_faults "$log"; fail "It did not build; see $log."; }
