# Helpers shared by the scripts in scripts/. Sourced, not run.

say() { printf '==> %s\n' "$*" >&2; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

cache_folder() { printf '%s/anyclaude' "${XDG_CACHE_HOME:-$HOME/.cache}"; }

python() {
  local candidate
  for candidate in "${ANYCLAUDE_PYTHON:-}" python3 python; do
    if [ -n "$candidate" ] && command -v "$candidate" >/dev/null; then echo "$candidate"; return; fi
  done
  fail "No python3 found; run 'make setup' first."
}

sha256() {
  if command -v sha256sum >/dev/null; then sha256sum | cut -d' ' -f1; else shasum -a 256 | cut -d' ' -f1; fi
}

check_sha256() {  # FILE EXPECTED
  local actual
  actual=$(sha256 <"$1")
  [ "$actual" = "$2" ] || fail "$(basename "$1") has SHA-256 $actual, expected $2; it is not used."
}

# The CPU features that a -march=native build depends on, as one line.
cpu_features() {
  if [ -r /proc/cpuinfo ]; then
    grep -m1 -E '^(flags|Features)' /proc/cpuinfo | tr -s ' \t' '\n' | sort | tr '\n' ' '
  else
    sysctl -n machdep.cpu.brand_string 2>/dev/null || uname -m
  fi
}

# Runs a ninja build with its output in a log; shows the newest line on a terminal, else every 10 %.
show_progress() {  # LOG COMMAND...
  local log=$1
  shift
  "$@" 2>&1 | tee "$log" | awk -v tty="$([ -t 2 ] && echo 1 || echo 0)" '
    match($0, /^\[[0-9]+\/[0-9]+\]/) {
      split(substr($0, 2, RLENGTH - 2), n, "/"); tenth = int(10 * n[1] / n[2])
      if (tty) { printf "\r\033[K    %s of %s", n[1], n[2]; fflush() }
      else if (tenth != last) { printf "    %d %% (%s of %s)\n", 10 * tenth, n[1], n[2]; fflush(); last = tenth }
    }
    END { if (tty) printf "\n" }' >&2
  return "${PIPESTATUS[0]}"
}
