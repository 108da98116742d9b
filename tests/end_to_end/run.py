#!/usr/bin/env python3
"""Runs the end-to-end cases against the real program, one line a case.

usage: run.py --anyclaude PROGRAM [--model GGUF] [--suite NAME] [--only TEXT] [--list]

The cases beside this file belong to `make test`. A suite is a folder of more of them, which take
longer or need more: mlx, llama_server, vllm, ui. Those of ui run with the Python that
scripts/setup/browser.sh prints; its "essentials" belong to `make test` too.

What the cases need beside the program is fetched by scripts/setup/ when it is first asked for, and
can be given: ANYCLAUDE_TEST_MODEL, ANYCLAUDE_TEST_CLAUDE, ANYCLAUDE_TEST_PYTHON (with the packages
anthropic and openai), ANYCLAUDE_TEST_NODE and ANYCLAUDE_TEST_NODE_MODULES (with @anthropic-ai/sdk
and openai).
"""
import argparse
import importlib
import inspect
import sys
import textwrap
import time
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from harness import Failed, Harness  # noqa: E402: found beside this file


def cases(folder, only):
    """(name, function), in the order of the files and of the functions in them."""
    sys.path.insert(0, str(folder))
    for path in sorted(folder.glob("test_*.py")):
        module = importlib.import_module(path.stem)
        for name, function in inspect.getmembers(module, inspect.isfunction):
            full = f"{path.stem[5:]}.{name[5:]}"
            if name.startswith("test_") and function.__module__ == module.__name__:
                if only in full:
                    yield function.__code__.co_firstlineno, path.stem, full, function


def run(harness, name, function):
    """Runs one case and prints its line; what went wrong, nothing if it passed."""
    harness.begin_case()
    start = time.monotonic()
    failure = None
    try:
        function(harness)
    except Failed as error:
        failure = str(error)
    except Exception as error:  # noqa: BLE001: a failure is a result, not the end of the run
        failure = "".join(traceback.format_exception(error, limit=-3))
    seconds = time.monotonic() - start
    notes = "".join(f"  [{note}]" for note in harness.notes)
    print(f"{'FAIL' if failure else 'ok':4} {name:<58} {seconds:6.1f} s{notes}", flush=True)
    if failure:
        indented = "\n".join("     " + line for line in
                             (failure.rstrip() + "\n" + harness.evidence()).splitlines())
        print(indented, flush=True)
    harness.end_case()
    return failure


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--anyclaude", required=True, help="the program under test")
    parser.add_argument("--model", help="a GGUF; default: SmolLM2, fetched where it is missing")
    parser.add_argument("--suite", default="", help="the cases in this folder instead")
    parser.add_argument("--only", default="", help="only cases whose name contains this")
    parser.add_argument("--list", action="store_true", help="print the names and end")
    arguments = parser.parse_args()

    chosen = sorted(cases(HERE / arguments.suite, arguments.only),
                    key=lambda case: (case[1], case[0]))
    if arguments.list:
        print("\n".join(name for _, _, name, _ in chosen))
        return 0
    harness = Harness(arguments.anyclaude, arguments.model)
    start = time.monotonic()
    failed = []
    try:
        for _, _, name, function in chosen:
            failure = run(harness, name, function)
            if failure is not None:
                failed.append((name, failure))
    finally:
        harness.close()
    print(f"{len(chosen) - len(failed)} passed, {len(failed)} failed in "
          f"{time.monotonic() - start:.0f} s")
    # Once more at the end, in short: of a long log often only the end is kept.
    for name, failure in failed:
        print(f"  failed: {name}\n" + textwrap.indent(failure[-1500:].rstrip(), "    "))
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
