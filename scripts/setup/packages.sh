#!/usr/bin/env bash
# Installs the system packages that are missing, and says which. Silent when nothing is.
#
# packages.sh          what building and running needs
# packages.sh check    also what the checks of `make test` need
# packages.sh package  what building and running needs, and making and checking a package (Debian)
#
# Debian and Ubuntu (apt; with sudo where not root), macOS (Homebrew).
# ANYCLAUDE_PACKAGES=own skips this step: the packages are there under other names.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/setup/common.sh
. "$here/common.sh"

case "${1:-build}" in
  build | check | package) purpose=${1:-build} ;;
  *) fail "usage: packages.sh [build|check|package]" ;;
esac

if [ "${ANYCLAUDE_PACKAGES:-}" = own ]; then exit 0; fi

debian_build=(g++ cmake ninja-build ccache python3 python3-pip python3-venv ca-certificates xz-utils
  libssl-dev libcurl4-openssl-dev libcli11-dev libtomlplusplus-dev libspdlog-dev libfmt-dev
  libxxhash-dev libcairo2-dev libgtest-dev libbenchmark-dev)
debian_check=(clang-19 clang-tidy-19 clang-format-19 libclang-rt-19-dev shellcheck git
  zsh fish mandoc)
# The browser that tests the dashboard. Ubuntu has it as a snap only; there and on a Mac the tests
# take the one that is installed (browser.sh).
if grep -qs '^ID=debian' /etc/os-release; then debian_check+=(chromium); fi
debian_package=(file lintian mmdebstrap)
homebrew_build=(cmake ninja ccache python3 openssl@3 curl cli11 tomlplusplus spdlog fmt xxhash
  cairo googletest google-benchmark)
homebrew_check=(llvm@19 shellcheck git fish mandoc)

# GCC 12 is the first whose library has std::expected.
check_compiler() {
  local version
  version=$(g++ -dumpversion | cut -d. -f1)
  [ "$version" -ge 12 ] || fail "g++ is version $version; 12 or newer is needed" \
    "(Debian 12, Ubuntu 24.04). Install a newer one and set CXX to it."
}

install_debian() {
  local wanted=("${debian_build[@]}") missing=() name as_root=() log status=0
  if [ "$purpose" = check ]; then wanted+=("${debian_check[@]}"); fi
  if [ "$purpose" = package ]; then wanted+=("${debian_package[@]}"); fi
  # dpkg-query fails when one name is unknown; what it prints for the others still counts.
  local installed
  installed=$(dpkg-query -W -f '${db:Status-Status}=${Package} ' "${wanted[@]}" 2>/dev/null || true)
  for name in "${wanted[@]}"; do
    case " $installed" in *" installed=$name "*) ;; *) missing+=("$name") ;; esac
  done
  if [ ${#missing[@]} = 0 ]; then return; fi

  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null ||
      fail "Neither root nor sudo. Run as root: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  say "Installing with apt (this takes a minute or two): ${missing[*]}"
  log=$(mktemp)
  {
    ${as_root[@]+"${as_root[@]}"} apt-get update &&
      ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive \
        apt-get install --yes --no-install-recommends "${missing[@]}"
  } >"$log" 2>&1 || status=$?
  if [ "$status" != 0 ]; then
    tail -20 "$log" >&2
    rm -f "$log"
    fail "apt could not install them; see above."
  fi
  rm -f "$log"
  check_compiler
}

install_homebrew() {
  local wanted=("${homebrew_build[@]}") missing=() name prefix
  xcode-select -p >/dev/null 2>&1 ||
    fail "The compiler is missing. Run 'xcode-select --install', then this again."
  command -v brew >/dev/null ||
    fail "Homebrew (brew) is missing. Install it, or these by hand: ${wanted[*]}"
  if [ "$purpose" = check ]; then wanted+=("${homebrew_check[@]}"); fi
  prefix=${HOMEBREW_PREFIX:-$(brew --prefix)}
  for name in "${wanted[@]}"; do
    if [ ! -e "$prefix/opt/$name" ] && ! { [ "$name" = git ] && command -v git >/dev/null; }; then
      missing+=("$name")
    fi
  done
  if [ ${#missing[@]} = 0 ]; then return; fi
  say "Installing with Homebrew: ${missing[*]}"
  brew install --quiet "${missing[@]}" >&2
}

if [ "$(uname -s)" = Darwin ]; then
  install_homebrew
elif command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then
  install_debian
else
  fail "This system has neither apt nor Homebrew. Install by hand, in the names of Debian 12:" \
    "${debian_build[*]} (for the checks also: ${debian_check[*]})," \
    "then set ANYCLAUDE_PACKAGES=own to skip this step."
fi
