#!/usr/bin/env bash
# Everything that can be checked on this machine, what fails soonest first; stops at the first part
# that fails and shows the end of its log.
#
# test.sh [PART...]   only these parts: packages style web release end_to_end check tsan lint
# test.sh long        what takes too long for that: the fault simulator's million steps, thousands
#                     of kills and changed files; ANYCLAUDE_TEST_SEED=N draws others
# test.sh mlx         the real client on the real mlx-lm: 6 minutes on 2 cores, 360 MB to fetch
# test.sh llama_server   and on the real llama-server: 2 minutes, and 8 to build it once
# test.sh vllm        and on the real vLLM: 7 minutes, 7 GB to fetch, 6 GB of memory
# test.sh ui          the dashboard in a real browser: 5 minutes; its pictures go to build/ui
# test.sh installed   the package for Debian in a clean root, as root: 6 minutes, and half an hour
#                     once to build the engine for all processors
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/setup/common.sh
. scripts/setup/common.sh

logs=build/test_logs
jobs=$(getconf _NPROCESSORS_ONLN)

part_packages() {
  scripts/setup/packages.sh check 2>&3
}

part_style() {
  scripts/format.sh --check
  python=$(find_python)
  "$python" tests/tidy_test.py
  "$python" tests/tidy.py
  "$python" scripts/test/kv_cache_probe_test.py
  shellcheck -x .ci/run scripts/*.sh scripts/setup/*.sh scripts/test/*.sh
}

# The types and unit tests of the dashboard's page.
part_web() {
  scripts/web.sh check 2>&3
}

build() {  # PRESET
  # The first configuration also builds the engine, which takes minutes and shows its own progress.
  cmake --preset "$1" 2>&3
  show_progress "$logs/$1_build.log" cmake --build --preset "$1" 2>&3 ||
    { show_faults "$logs/$1_build.log"; return 1; }
}

run_tests() {  # PRESET [WRAPPER...]
  local preset=$1
  shift
  show_progress "$logs/$preset""_tests.log" "$@" ctest --preset "$preset" --parallel "$jobs" 2>&3 ||
    { show_failures "$logs/$preset""_tests.log"; return 1; }
  tail -40 "$logs/$preset""_tests.log"
}

# What the failed tests said, last and in short: hundreds of tests that passed may stand behind it.
show_failures() {  # LOG
  cat "$1"
  local said=': Failure$|ERROR: |WARNING: ThreadSan|runtime error:|[*]{3}Exception|[*]{3}Timeout'
  grep -E -A 8 "$said" "$1" | cut -c -300 | head -40 || true
  sed -n '/^The following tests FAILED/,$p' "$1"
}

part_release() {
  build release
}

part_end_to_end() {
  local anyclaude=$PWD/build/release/anyclaude
  scripts/setup/models.sh 2>&3
  scripts/setup/claude.sh 2>&3
  scripts/setup/sdks.sh 2>&3
  scripts/setup/mlx_lm.sh 2>&3
  run_browser_tests --only essentials
  "$(find_python)" tests/end_to_end/run.py --anyclaude "$anyclaude"
}

# With the Python that has the browser's driver.
run_browser_tests() {  # ARGUMENT...
  local python
  python=$(scripts/setup/browser.sh 2>&3 | sed -n 's/^python=//p')
  scripts/setup/web.sh 2>&3
  "$python" tests/end_to_end/run.py --suite ui --anyclaude "$PWD/build/release/anyclaude" "$@"
}

part_check() {
  scripts/setup/models.sh all 2>&3  # the tests of the embedded engine answer with them
  build check
  run_tests check
}

part_tsan() {
  local wrapper=()
  build tsan
  # The sanitizer cannot place its memory where the kernel randomises addresses widely.
  if setarch "$(uname -m)" -R true 2>/dev/null; then wrapper=(setarch "$(uname -m)" -R); fi
  run_tests tsan ${wrapper[@]+"${wrapper[@]}"}
}

part_lint() {
  cmake --preset check 2>&3  # writes the compile commands, of the tests too
  show_progress "$logs/lint_files.log" scripts/lint.py 2>&3 ||
    { cat "$logs/lint_files.log"; return 1; }
  tail -1 "$logs/lint_files.log"
}

# The same tests, told by their environment to go on for long; what they print tells seeds and
# counts.
part_long() {
  scripts/setup/models.sh 2>&3
  cmake --preset check 2>&3
  show_progress "$logs/long_build.log" cmake --build --preset check --target kv_test 2>&3 ||
    { show_faults "$logs/long_build.log"; return 1; }
  build release
  export ASAN_OPTIONS=detect_container_overflow=0:detect_stack_use_after_return=1
  export UBSAN_OPTIONS=print_stacktrace=1
  # Each may be given, for a shorter or longer run.
  export ANYCLAUDE_TEST_STEPS=${ANYCLAUDE_TEST_STEPS:-1000000}
  export ANYCLAUDE_TEST_KILLS=${ANYCLAUDE_TEST_KILLS:-2000}
  export ANYCLAUDE_TEST_MUTATIONS=${ANYCLAUDE_TEST_MUTATIONS:-20000}
  export ANYCLAUDE_TEST_PIECES=${ANYCLAUDE_TEST_PIECES:-100000}
  export ANYCLAUDE_TEST_SERVER_KILLS=${ANYCLAUDE_TEST_SERVER_KILLS:-200}
  build/check/kv_test --gtest_filter='CacheSimulator.*:KillTest.*:Mutated*:ManyPieces.*' 2>&1 |
    tee /dev/fd/3
  ANYCLAUDE_TEST_LONG=1 "$(find_python)" tests/end_to_end/run.py --only kills \
    --anyclaude "$PWD/build/release/anyclaude" | tee /dev/fd/3
}

# The cases of one folder of tests/end_to_end, with what they need beside the client.
run_suite() {  # NAME
  build release
  scripts/setup/models.sh 2>&3
  scripts/setup/claude.sh 2>&3
  "$(find_python)" tests/end_to_end/run.py --suite "$1" --anyclaude "$PWD/build/release/anyclaude"
}

part_mlx() {
  scripts/setup/mlx_lm.sh 2>&3
  run_suite mlx
}

part_llama_server() {
  bench/rival.sh 2>&3
  run_suite llama_server
}

part_ui() {
  build release
  scripts/setup/models.sh 2>&3
  run_browser_tests
}

part_vllm() {
  scripts/setup/vllm.sh 2>&3
  run_suite vllm
}

part_installed() {
  scripts/setup/packages.sh package 2>&3
  build package
  rm -f build/package/*.deb
  (cd build/package && cpack)
  scripts/setup/models.sh 2>&3
  ANYCLAUDE_TEST_PACKAGE=$(echo "$PWD"/build/package/anyclaude_*.deb) "$(find_python)" \
    tests/end_to_end/run.py --suite installed --anyclaude "$PWD/build/package/anyclaude"
}

# The line of a part's log that says what was checked.
verdict() {  # LOG
  grep -E 'tests passed|[0-9]+ passed|^OK|^Ran |pass [0-9]+' "$1" | tail -1 || true
}

if [ "${1:-}" = --run ]; then
  "part_$2"
  exit
fi

parts=("$@")
if [ ${#parts[@]} = 0 ]; then parts=(packages style web release end_to_end check tsan lint); fi
mkdir -p "$logs"
table=$logs/summary
: >"$table"
for part in "${parts[@]}"; do
  declare -F "part_$part" >/dev/null || fail "There is no part '$part'; see scripts/test.sh."
  say "$part"
  start=$SECONDS
  if ! "$0" --run "$part" 3>&2 >"$logs/$part.log" 2>&1; then
    tail -60 "$logs/$part.log"
    cat "$table"
    fail "'$part' failed after $((SECONDS - start)) s; its log: $logs/$part.log"
  fi
  printf '    %-11s %5d s   %s\n' "$part" $((SECONDS - start)) "$(verdict "$logs/$part.log")" \
    >>"$table"
done
echo "==> All parts passed:"
cat "$table"
printf '    %-11s %5d s\n' together "$SECONDS"
echo "parts: ${#parts[@]} passed, 0 failed"
