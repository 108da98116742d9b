#!/usr/bin/env python3
"""Runs clang-tidy over every translation unit of a build folder and remembers what was clean.

lint.py [--build build/check] [--all] [FILE...]

A file is checked again when it, a project header that it reaches, its compile command, .clang-tidy
or clang-tidy itself has changed; --all forgets. Exit status 1 when there is a finding.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(rb'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
SECONDS_MAX = 300  # for one file
DAYS_REMEMBERED = 30


def find_clang_tidy():
    folders = ["/opt/homebrew/opt/llvm@19/bin", "/usr/local/opt/llvm@19/bin"]
    for name in ["clang-tidy-19", *(f"{folder}/clang-tidy" for folder in folders), "clang-tidy"]:
        if path := shutil.which(name):
            return path
    sys.exit("lint: clang-tidy is missing; run scripts/setup/packages.sh check")


def reached(source, known):
    """The source and the project headers that it includes, directly or not."""
    found, waiting = set(), [source]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        if path not in known:
            known[path] = INCLUDE.findall(path.read_bytes())
        for name in known[path]:
            for folder in (path.parent, ROOT / "src", ROOT / "tests", ROOT):
                header = (folder / os.fsdecode(name)).resolve()
                if header.is_file():
                    waiting.append(header)
                    break
    return sorted(found)


def key(entry, known, common):
    digest = hashlib.sha256(common)
    digest.update(json.dumps(entry, sort_keys=True).encode())
    for path in reached(pathlib.Path(entry["file"]).resolve(), known):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def check(clang_tidy, build, file):
    try:
        done = subprocess.run([clang_tidy, "--quiet", "-p", build, file], capture_output=True,
                              text=True, timeout=SECONDS_MAX, check=False)
    except subprocess.TimeoutExpired:
        return f"{file}: clang-tidy did not finish in {SECONDS_MAX} s\n"
    return "" if done.returncode == 0 else done.stdout + done.stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--build", default=ROOT / "build/check", type=pathlib.Path)
    parser.add_argument("--all", action="store_true", help="also what was clean before")
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    options = parser.parse_args()

    clang_tidy = find_clang_tidy()
    commands = json.loads((options.build / "compile_commands.json").read_text())
    ours = [e for e in commands if pathlib.Path(e["file"]).resolve().is_relative_to(ROOT)]
    if options.files:
        chosen = {file.resolve() for file in options.files}
        ours = [e for e in ours if pathlib.Path(e["file"]).resolve() in chosen]
    if not ours:
        sys.exit(f"lint: {options.build}/compile_commands.json names no such file of this project")

    version = subprocess.run([clang_tidy, "--version"], capture_output=True, check=True).stdout
    common = version + (ROOT / ".clang-tidy").read_bytes()
    known = {}
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    memory = cache / "anyclaude/lint"
    memory.mkdir(parents=True, exist_ok=True)
    for old in memory.iterdir():
        if time.time() - old.stat().st_mtime > DAYS_REMEMBERED * 86400:
            old.unlink(missing_ok=True)
    keys = {e["file"]: memory / key(e, known, common) for e in ours}
    waiting = [file for file, path in keys.items() if options.all or not path.exists()]
    print(f"lint: {len(ours)} files, {len(waiting)} to check", flush=True)

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = {pool.submit(check, clang_tidy, options.build, file): file for file in waiting}
        for number, job in enumerate(concurrent.futures.as_completed(jobs), 1):
            file = jobs[job]
            print(f"[{number}/{len(waiting)}] {os.path.relpath(file, ROOT)}", flush=True)
            if findings := job.result():
                failed += 1
                print(findings, flush=True)
            else:
                keys[file].touch()
    print(f"lint: {len(ours) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
