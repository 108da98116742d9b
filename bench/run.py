#!/usr/bin/env python3
"""Measures anyclaude beside llama-server of the same engine source on this machine.

usage: run.py --anyclaude PROGRAM [--only PART,...] [--models gemma,smollm2] [--tokens 19000] ...

Parts: follow (the next turn of a long conversation), repeat (a prompt cached to its last token),
restart (the first answer after a restart), agents (eight sub-agents at once), day (what happens on
a working day), idle (memory without a model), folder (a cache of many pieces), overhead (what the
cache and the server cost where they cannot help, beside the bare engine).
Everything is interleaved A B B A in one run, so that what else the machine does falls on both; the
figures are medians. Prints a Markdown table and writes it, with every single value as JSON, into
--output. docs/benchmarks.md tells how to read it.
"""
import argparse
import concurrent.futures
import dataclasses
import datetime
import functools
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import day  # noqa: E402: beside this file
import folder  # noqa: E402
import overhead  # noqa: E402
import restart  # noqa: E402
from conversations import Shape, conversation, fitted, sub_agents  # noqa: E402: beside this file
from bare_engine import BareEngine  # noqa: E402
from servers import Anyclaude, LlamaServer, Setup  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("follow", "repeat", "restart", "agents", "day", "idle", "folder", "overhead")
MODELS = {"gemma": "Gemma-3-270M", "smollm2": "SmolLM2-135M"}
CONTEXT = {"gemma": 32768, "smollm2": 49152}
# SmolLM2 was made for 8,192 tokens. Past them it does the same work and says senseless words.
OVERRIDES = {"gemma": "", "smollm2": "llama.context_length=int:49152"}
TEMPLATE = "models/templates/Qwen-Qwen2.5-7B-Instruct.jinja"


def say(line):
    print(f"==> {line}", file=sys.stderr, flush=True)


@dataclasses.dataclass
class Row:
    """One comparison; `ours` and `theirs` hold every single value, in the order measured."""
    model: str
    what: str
    unit: str
    ours: list
    theirs: list
    goal: str = ""
    holds: bool | None = None
    paired: bool = False  # a value of ours and theirs' of the same place were measured in turns

    def ratio(self):
        if not self.theirs:
            return None
        if self.paired:
            return statistics.median(a / b for a, b in zip(self.ours, self.theirs))
        return statistics.median(self.ours) / statistics.median(self.theirs)

    def judge(self, goal, holds, paired=False):
        """`holds` is asked with the ratio, or with our median where we are alone."""
        self.goal, self.paired = goal, paired
        self.holds = holds(self.ratio() if self.theirs else statistics.median(self.ours))
        return self

    def line(self):
        def shown(values):
            if not values:
                return "–"
            middle = statistics.median(values)
            digits = 0 if middle >= 100 else 1 if middle >= 10 else 3
            spread = f" ({min(values):,.{digits}f}–{max(values):,.{digits}f})" * (len(values) > 1)
            return f"{middle:,.{digits}f}{spread}"
        ratio = self.ratio()
        verdict = "" if self.holds is None else "yes" if self.holds else "**no**"
        cells = (self.model, self.what, self.unit, shown(self.ours), shown(self.theirs),
                 "–" if ratio is None else f"{ratio:.2f}", self.goal, verdict)
        return f"| {' | '.join(cells)} |"


def setup_script(name, *arguments):
    done = subprocess.run([str(ROOT / "scripts/setup" / name), *arguments], check=True, text=True,
                          stdout=subprocess.PIPE)
    return done.stdout.split("\n")[-2]


class Bench:
    def __init__(self, options):
        self.options = options
        self.folder = Path(tempfile.mkdtemp(prefix="anyclaude-bench."))
        self.rows = []
        engine = Path(setup_script("engine.sh"))
        source = re.search(r'ENGINE_SOURCE "(.*)"', (engine / "engine-config.cmake").read_text())
        self.engine_source = Path(source.group(1))

    @functools.cached_property
    def rival(self):
        """Its folder; built where a part first needs it."""
        built = subprocess.run([str(ROOT / "bench/rival.sh")], check=True, text=True,
                               stdout=subprocess.PIPE)
        return Path(built.stdout.split("\n")[-2])

    def setup(self, model):
        return Setup(Path(setup_script("models.sh", model)), self.engine_source / TEMPLATE,
                     CONTEXT[model], self.options.batch, self.options.threads, OVERRIDES[model])

    def ours(self, setup, home=None, arguments=()):
        return Anyclaude(self.options.anyclaude, setup, self.folder, home, arguments)

    def theirs(self, setup):
        return LlamaServer(self.rival / "llama-server", setup, self.folder)

    def bare(self, setup, body):
        return BareEngine(self.options.anyclaude, setup, setup.context, body, self.folder)

    def order(self, rounds):
        """A B B A A B B A ..., True for ours: `rounds` of each."""
        return [index % 4 in (0, 3) for index in range(2 * rounds)]

    def follow_and_repeat(self, model):
        """Both on one warm conversation; each step is asked of both servers, in turn first."""
        setup, rounds = self.setup(model), self.options.rounds
        with self.ours(setup) as ours, self.theirs(setup) as theirs:
            shape = fitted(Shape(seed=7), self.options.tokens, ours.count)
            turns = list(conversation(shape, 2 * rounds + 1))
            say(f"{MODELS[model]}: a conversation of {self.options.tokens} tokens, cold in both")
            cold = {server: server.ask(turns[0]) for server in (ours, theirs)}
            self.rows.append(Row(MODELS[model], "prompt tokens of the same request", "tokens",
                                 [cold[ours].prompt], [cold[theirs].prompt]))
            self.rows.append(Row(MODELS[model], "its first prompt, cold, first token", "s",
                                 [cold[ours].first_s], [cold[theirs].first_s]))
            if "follow" in self.options.only:
                self.follow(model, ours, theirs, turns[1:])
            if "repeat" in self.options.only:
                self.repeat(model, ours, theirs, turns[-1])

    def follow(self, model, ours, theirs, turns):
        say("  the turns that follow")
        answers = {ours: [], theirs: []}
        for index, body in enumerate(turns):
            for server in ((ours, theirs), (theirs, ours))[index % 2]:
                answers[server].append(server.ask(body))
        seconds = [[a.first_s for a in answers[server]] for server in (ours, theirs)]
        computed = [[a.computed for a in answers[server]] for server in (ours, theirs)]
        self.rows.append(Row(MODELS[model], "follow-up on a cached prompt, first token", "s",
                             *seconds).judge("≤ 1.00", lambda ratio: ratio <= 1))
        self.rows.append(Row(MODELS[model], "the same, prompt tokens computed", "tokens",
                             *computed))

    def repeat(self, model, ours, theirs, body):
        say("  the same prompt again")
        seconds = {ours: [], theirs: []}
        for server in (ours, theirs):
            server.ask(body)
        for own in self.order(2 * self.options.rounds):
            server = ours if own else theirs
            seconds[server].append(server.ask(body).first_s)
        self.rows.append(Row(MODELS[model], "prompt cached to its last token, first token", "s",
                             seconds[ours], seconds[theirs]).judge(
                                 "≤ 0.50", lambda ratio: ratio <= 0.5))

    def agents(self, model):
        setup = self.setup(model)
        shape = Shape(seed=8).of_tokens(self.options.agent_tokens)
        bodies = list(sub_agents(shape, 8))
        found = {True: [], False: []}
        for own in self.order(1 if self.options.quick else 2):
            with (self.ours(setup) if own else self.theirs(setup)) as server:
                say(f"{MODELS[model]}: eight sub-agents at once, fresh {server.name}")
                start = time.perf_counter()
                with concurrent.futures.ThreadPoolExecutor(8) as pool:
                    answers = list(pool.map(lambda item, server=server: server.ask(
                        item[1], f"agent-{item[0]}"), enumerate(bodies)))
                found[own].append((time.perf_counter() - start, sum(a.computed for a in answers),
                                   sum(a.prompt for a in answers)))
                if own and server.counted() != found[own][-1][1]:
                    raise RuntimeError(f"the engine counted {server.counted()} computed tokens, "
                                       f"{found[own][-1][1]} were reported")
        total = found[True][0][2]
        for index, what, unit in ((1, f"computed of {total}", "tokens"), (0, "wall time", "s")):
            self.rows.append(Row(MODELS[model], f"eight sub-agents at once, {what}", unit,
                                 [f[index] for f in found[True]], [f[index] for f in found[False]]))

    def add_row(self, model, what, unit, ours, theirs):
        self.rows.append(Row(MODELS[model], what, unit, ours, theirs))
        return self.rows[-1]

    def idle(self):
        say("memory of a server without a model")
        sizes = []
        for _ in range(self.options.rounds):
            with Anyclaude(self.options.anyclaude, None, self.folder) as server:
                server._get("/metrics")
                sizes.append(server.resident_bytes() / 1e6)
        self.rows.append(Row("none", "resident memory without a model", "MB", sizes, []).judge(
            "< 40", lambda megabytes: megabytes < 40))

    def run(self):
        only = self.options.only
        if "idle" in only:
            self.idle()
        if "folder" in only:
            say(f"a cache of {self.options.pieces:,} pieces")
            folder.measure(self, self.setup("smollm2"), functools.partial(self.add_row, "smollm2"))
        for model in self.options.models:
            if "follow" in only or "repeat" in only:
                self.follow_and_repeat(model)
            if "restart" in only:
                say(f"{MODELS[model]}: restarts")
                restart.measure(self, model, functools.partial(self.add_row, model))
            if "overhead" in only:
                say(f"{MODELS[model]}: what the cache and the server cost")
                overhead.measure(self, model, functools.partial(self.add_row, model))
            if "agents" in only:
                self.agents(model)
            if "day" in only:
                say(f"{MODELS[model]}: a working day")
                day.measure(self, model, functools.partial(self.add_row, model))


def machine():
    """This machine in words."""
    name, memory = platform.processor() or platform.machine(), ""
    if os.path.exists("/proc/cpuinfo"):
        found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
        name = found.group(1) if found else name
        kib = int(re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text()).group(1))
        memory = f", {kib / 2**20:.0f} GiB of memory"
    elif platform.system() == "Darwin":
        name = subprocess.run(["sysctl", "-n", "machdep.cpu.brand_string"], text=True,
                              stdout=subprocess.PIPE).stdout.strip()
    return f"{name}, {os.cpu_count()} cores{memory}, {platform.system()} {platform.release()}"


def table(bench, started, options):
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "?"
    version = subprocess.run([options.anyclaude, "--version"], text=True,
                             stdout=subprocess.PIPE).stdout.strip()
    head = [f"{version} on {machine()}; {started:%Y-%m-%d %H:%M} UTC; {options.threads} threads, "
            f"batch {options.batch}, load at the end {load}.", "",
            "| model | what | unit | anyclaude | rival | ratio | goal | holds |",
            "|---|---|---|---|---|---|---|---|"]
    return "\n".join(head + [row.line() for row in bench.rows]) + "\n"


def parse():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--anyclaude", type=Path, required=True)
    parser.add_argument("--only", default=",".join(PARTS), help="parts, comma-separated")
    parser.add_argument("--models", default="gemma", help="gemma, smollm2, or both")
    parser.add_argument("--tokens", type=int, default=19_000, help="of the long conversation")
    parser.add_argument("--cold-tokens", type=int, default=12_288,
                        help="of the prompts of the part overhead")
    parser.add_argument("--agent-tokens", type=int, default=6_000,
                        help="of the main conversation of the parts agents and day")
    parser.add_argument("--restart-tokens", type=int, default=22_882,
                        help="on the disk when the server starts again")
    parser.add_argument("--pieces", type=int, default=100_000, help="of the part folder")
    parser.add_argument("--rounds", type=int, default=5, help="values of each kind")
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--quick", action="store_true", help="small sizes: does the bench run?")
    parser.add_argument("--output", type=Path, default=ROOT / "build/bench")
    options = parser.parse_args()
    options.anyclaude = options.anyclaude.resolve()
    options.only = options.only.split(",")
    options.models = options.models.split(",")
    if set(options.only) - set(PARTS) or set(options.models) - set(MODELS):
        parser.error(f"parts are {', '.join(PARTS)}; models are {', '.join(MODELS)}")
    if options.quick:
        options.tokens, options.cold_tokens, options.agent_tokens = 2_000, 1_000, 1_200
        options.restart_tokens, options.pieces = 2_000, 5_000
        options.rounds = 2
    return options


def main():
    options = parse()
    started = datetime.datetime.now(datetime.timezone.utc)
    bench = Bench(options)
    try:
        bench.run()
    finally:  # what was measured before a failure is worth reading too
        text = table(bench, started, options)
        options.output.mkdir(parents=True, exist_ok=True)
        (options.output / "results.md").write_text(text)
        (options.output / "results.json").write_text(json.dumps({
            "machine": machine(), "started": started.isoformat(),
            "options": {k: str(v) for k, v in vars(options).items()},
            "rows": [{**dataclasses.asdict(row), "ratio": row.ratio()} for row in bench.rows]},
            indent=1))
        print(text)
    say(f"written to {options.output}")
    return 0 if all(row.holds is not False for row in bench.rows) else 1


if __name__ == "__main__":
    sys.exit(main())
