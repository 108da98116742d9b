#!/usr/bin/env bash
# Builds what the bench compares with, once, into the user's cache folder, and prints the folder
# that has llama-server. About 8 minutes on 2 cores.
#
# ANYCLAUDE_RIVAL_DIR=DIR   use the llama-server in it instead
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=scripts/setup/common.sh
. "$root/scripts/setup/common.sh"

if [ -n "${ANYCLAUDE_RIVAL_DIR:-}" ]; then
  [ -x "$ANYCLAUDE_RIVAL_DIR/llama-server" ] || fail "$ANYCLAUDE_RIVAL_DIR has no llama-server."
  echo "$ANYCLAUDE_RIVAL_DIR"
  exit
fi

engine=$("$root/scripts/setup/engine.sh")
engine_setting() { sed -n "s/^$1:[A-Z]*=//p" "$engine/CMakeCache.txt"; }

# The same source and the same flags as the engine was built with.
flags=(-DENGINE_SOURCE="$(engine_setting ENGINE_SOURCE)")
for name in CMAKE_BUILD_TYPE CMAKE_CXX_COMPILER CMAKE_C_COMPILER GGML_NATIVE GGML_CUDA GGML_METAL \
  GGML_VULKAN; do
  value=$(engine_setting "$name")
  if [ -n "$value" ]; then flags+=("-D$name=$value"); fi
done
if command -v ccache >/dev/null; then
  flags+=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
fi

recipe=$(cat "$root"/bench/rival/* "$root"/cmake/engine/*; echo "${flags[*]}")
build="$(cache_folder)/deps/rival-$(printf '%s' "$recipe" | sha256 | cut -c1-16)"
if [ ! -f "$build/.complete" ]; then
  hold_lock "$build.lock"
  if [ ! -f "$build/.complete" ]; then
    say "Building llama-server once into $build (about 8 minutes on 2 cores)"
    rm -f "$build/CMakeCache.txt"  # as in engine.sh: another checkout may have begun it
    cmake -S "$root/bench/rival" -B "$build" -G Ninja "${flags[@]}" >"$build.configure.log" 2>&1 ||
      { tail -30 "$build.configure.log" >&2; fail "CMake could not configure the rival."; }
    show_progress "$build.build.log" cmake --build "$build" --target llama-server ||
      { tail -30 "$build.build.log" >&2; fail "The rival did not build: $build.build.log"; }
    touch "$build/.complete"
  fi
fi
echo "$build/bin"
