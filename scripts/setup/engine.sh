#!/usr/bin/env bash
# Fetches the pinned engine source, checks it, builds it once into the user's cache folder and
# prints the folder that CMake imports (the one with engine-config.cmake) as its only output line.
#
# ANYCLAUDE_LLAMA_DIR=DIR   use this llama.cpp source tree instead of the pinned one
# ANYCLAUDE_GPU=cuda|metal|vulkan   passed on to ggml; unset: CPU (and Metal on a Mac)
# ANYCLAUDE_PORTABLE=1      for packages: for every CPU of this architecture, with its instructions
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=scripts/setup/common.sh
. "$here/common.sh"

version=0.3.36
archive_sha256=832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e
deps="$(cache_folder)/deps"
hold_lock "$deps/engine.lock"  # two checkouts, one download

flags=(-DCMAKE_BUILD_TYPE=Release)
if [ -n "${ANYCLAUDE_PORTABLE:-}" ]; then
  flags+=(-DGGML_NATIVE=OFF -DGGML_BACKEND_DL=ON -DGGML_CPU_ALL_VARIANTS=ON -DGGML_LLAMAFILE=ON)
  duration="half an hour"
else
  flags+=(-DGGML_NATIVE=ON)
  duration="4 minutes"
fi
case "${ANYCLAUDE_GPU:-}" in
  "") ;;
  cuda) flags+=(-DGGML_CUDA=ON) ;;
  metal) flags+=(-DGGML_METAL=ON) ;;
  vulkan) flags+=(-DGGML_VULKAN=ON) ;;
  *) fail "ANYCLAUDE_GPU must be cuda, metal or vulkan, not '$ANYCLAUDE_GPU'." ;;
esac

if [ -n "${ANYCLAUDE_LLAMA_DIR:-}" ]; then
  source_tree=$(cd "$ANYCLAUDE_LLAMA_DIR" && pwd)
  [ -f "$source_tree/include/llama.h" ] ||
    fail "ANYCLAUDE_LLAMA_DIR=$ANYCLAUDE_LLAMA_DIR holds no include/llama.h."
  name=own-$(printf '%s' "$source_tree" | sha256 | cut -c1-12)
else
  source_tree="$deps/llama-$version-source"
  name=llama-$version
  if [ ! -f "$source_tree/.complete" ]; then
    say "Fetching the engine source (llama.cpp in llama-cpp-python $version, 77 MB)"
    make_work_folder "$deps"
    # pip prepares the archive's metadata with cmake and ninja; without them on PATH it would build
    # both.
    fetch_packages "$work" --no-binary "llama-cpp-python==$version --hash=sha256:$archive_sha256"
    tar -xzf "$work/llama_cpp_python-$version.tar.gz" -C "$work"
    touch "$work/llama_cpp_python-$version/vendor/llama.cpp/.complete"
    replace_folder "$work/llama_cpp_python-$version/vendor/llama.cpp" "$source_tree"
  fi
fi

# Everything that changes the result is in the folder's name: the flags, the compiler, the recipe,
# and, where the build uses this CPU's instructions, the CPU's features.
recipe=$(
  cat "$root"/cmake/engine/*
  echo "${flags[*]}"
  "${CXX:-c++}" --version | head -1
  if [ -z "${ANYCLAUDE_PORTABLE:-}" ]; then cpu_features; fi
)
build="$deps/$name-$(printf '%s' "$recipe" | sha256 | cut -c1-16)"
hold_lock "$build.lock"  # in the place of the first: what builds another engine need not wait
if [ ! -f "$build/.complete" ]; then
  say "Building the engine once into $build (about $duration on 2 cores)"
  launcher=()
  if command -v ccache >/dev/null; then
    launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  fi
  # A checkout that is gone may have begun it, and cmake refuses a cache that names another source.
  # The objects stay: ninja goes on from there. (cmake --fresh needs 3.24, and is given 3.22.)
  rm -f "$build/CMakeCache.txt"
  cmake -S "$root/cmake/engine" -B "$build" -G Ninja -DENGINE_SOURCE="$source_tree" \
    "${flags[@]}" ${launcher[@]+"${launcher[@]}"} >"$build.configure.log" 2>&1 ||
    { tail -30 "$build.configure.log" >&2; fail "CMake could not configure the engine."; }
  show_progress "$build.build.log" cmake --build "$build" ||
    { tail -30 "$build.build.log" >&2; fail "The engine did not build: $build.build.log"; }
  touch "$build/.complete"
fi
echo "$build"
