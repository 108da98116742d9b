#!/usr/bin/env python3
"""Replays recorded requests (`anyclaude serve --record FOLDER`) and counts recomputed tokens.

usage: traffic.py --anyclaude PROGRAM [--rival] [--model gemma] STEP ...

A STEP is a folder of NNN.json files, its requests one after another; `FOLDER:007,008` for some of
them; `FOLDER@once` (`FOLDER:007,008@once`) for all at the same moment; or `restart`, which stops
the server and starts it again. --rival lets llama-server of the same engine source do the same
steps. --unknown-tools gives all tools other names, so that the order in which they stand in prompts
must be learned from the traffic. Each answer is one token: what is measured is the prompt. Prints a
Markdown table, with the floor beside it: of each step's tokens the share that nobody had seen
before (bench/floor.py). Exit code 1 if the engine's own counter tells otherwise than the answers'
usage.
"""
import argparse
import dataclasses
import json
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from floor import new_shares  # noqa: E402: beside this file
from replay import Step, computed, prompted, run  # noqa: E402
from run import CONTEXT, MODELS, Bench, say  # noqa: E402: beside this file

PASSED_ON = ("x-claude-", "anthropic-")  # headers by how they begin


def requests_of(folder, only):
    """(body, headers) of those that ask for a message, in the order of their files."""
    for path in sorted(folder.glob("[0-9]*.json")):
        record = json.loads(path.read_text())
        body = record.get("body")
        asks = isinstance(body, dict) and "messages" in body
        # Others count tokens, or speak another API.
        if not asks or not record["path"].split("?")[0].endswith("/messages"):
            continue
        if not only or path.stem in only:
            headers = {name: value for name, value in record["headers"]
                       if name.lower().startswith(PASSED_ON)}
            yield {**body, "max_tokens": 1, "temperature": 0}, headers


def parse_step(text):
    if text == "restart":
        return Step(text, None)
    path, at_once = (text[:-5], True) if text.endswith("@once") else (text, False)
    path, _, only = path.partition(":")
    folder = Path(path)
    if not folder.is_dir():
        raise argparse.ArgumentTypeError(f"{folder} is no folder")
    name = folder.name + (f" {only}" if only else "") + (" at once" if at_once else "")
    return Step(name, tuple(requests_of(folder, set(filter(None, only.split(","))))), at_once)


def renamed(value):
    """A body, or a part of it, whose tools have names that nobody knows."""
    if isinstance(value, list):
        return [renamed(each) for each in value]
    if not isinstance(value, dict):
        return value
    out = {name: renamed(each) for name, each in value.items() if name != "input_schema"}
    if "input_schema" in value:
        out["input_schema"] = value["input_schema"]
    if "input_schema" in value or value.get("type") in ("tool_use", "tool"):
        out["name"] = "x" + value["name"]
    return out


def with_unknown_tools(step):
    if step.requests is None:
        return step
    return dataclasses.replace(step, requests=tuple(
        (renamed(body), headers) for body, headers in step.requests))


def table(steps, ours, theirs):
    lines = ["| step | requests | prompt tokens | floor | recomputed | slowest first token, s "
             "| llama-server recomputed | slowest first token, s |", "|" + "---|" * 8]
    asking = [step for step in steps if step.requests is not None]
    shares = new_shares([step.bodies() for step in asking])
    floors = []
    for index, step in enumerate(asking):
        answers = ours[index][0]
        prompt = prompted(answers)
        floors.append(round(prompt * shares[index]))
        cells = [step.name, str(len(answers)), f"{prompt:,}", f"{floors[index]:,}"]
        for side in (ours, theirs):
            if not side:
                cells += ["–", "–"]
                continue
            shown = side[index][0]
            cells += [f"{computed(shown):,}", f"{max(a.first_s for a in shown):.2f}"]
        lines.append(f"| {' | '.join(cells)} |")
    totals = [f"{sum(computed(answers) for answers, _ in side):,}" if side else "–"
              for side in (ours, theirs)]
    requests = sum(len(answers) for answers, _ in ours)
    prompt = sum(prompted(answers) for answers, _ in ours)
    lines.append(f"| **together** | {requests} | {prompt:,} | {sum(floors):,} | {totals[0]} | "
                 f"| {totals[1]} | |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--anyclaude", required=True, type=Path)
    parser.add_argument("--model", choices=MODELS, default="gemma")
    parser.add_argument("--rival", action="store_true", help="llama-server beside it")
    parser.add_argument("--unknown-tools", action="store_true", help="give them other names")
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("steps", nargs="+", type=parse_step, metavar="STEP")
    options = parser.parse_args()
    bench = Bench(options)
    setup = bench.setup(options.model)
    home = Path(tempfile.mkdtemp(prefix="traffic.", dir=bench.folder))
    steps = options.steps
    if options.unknown_tools:
        steps = [with_unknown_tools(step) for step in steps]
    ours = run(steps, lambda: bench.ours(setup, home), say)
    shutil.rmtree(home, ignore_errors=True)
    theirs = run(steps, lambda: bench.theirs(setup), say) if options.rival else []
    print(f"{MODELS[options.model]}, {CONTEXT[options.model]:,} tokens of context\n")
    print(table(steps, ours, theirs))
    wrong = [counted for answers, counted in ours if counted != computed(answers)]
    if wrong:
        print(f"\nThe engine itself has counted {wrong} in some steps.")
    return 1 if wrong or not ours else 0


if __name__ == "__main__":
    sys.exit(main())
