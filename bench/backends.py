#!/usr/bin/env python3
"""The real Claude Code, two turns, through every backend that this machine can have: one table.

usage: backends.py --anyclaude PROGRAM [--only NAME,...]

Each backend has SmolLM2-135M and the same chat template, so that the same prompt comes to the same
tokens; the second turn is a new process of the client (--continue). What a turn took of tokens is
what the client was told, by the backend's own count; seconds are of the whole process of the
client. mlx-lm computes on the CPU here and reads some 18 tokens a second, so its client is the bare
one, with a prompt of 800 tokens for 3,800. "straight" is the client without anyclaude, on a server
that speaks its API, told no more than which model, how much context and four tools.

Then the tool loop: the real client writes, reads, edits and runs a command in a repository, with a
scripted server of each form of API as the model; and with a real mlx-lm, whose template has no
tools, it edits a file.
"""
import argparse
import dataclasses
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
for folder in ("tests/end_to_end", "scripts"):
    sys.path.insert(0, str(ROOT / folder))

from demo import demo_environment, free_port  # noqa: E402: of scripts/
from harness.model_server import llama_server, mlx_lm, vllm  # noqa: E402: of tests/end_to_end/
from harness.setup import Setup  # noqa: E402

CONTEXT = 8192
TEMPLATE = "Qwen-Qwen2.5-7B-Instruct"
QUESTIONS = ("What is the capital of France?", "And what is the capital of Italy?")
TURN_TIMEOUT_S = 900
# In minutes on two cores, once all is installed.
BUDGET = {"embedded": 1, "mlx-lm": 3, "vllm": 3, "vllm, straight": 3, "llama-server (openai)": 1.5,
          "llama-server (anthropic)": 1.5, "llama-server, straight": 1.5}
# (suite, case): what is shown of the tool loop.
LOOPS = [("", "remote.files_change_by_the_servers_own_tools"),
         ("", "remote.files_change_by_tools_told_in_words"),
         ("", "remote.files_change_through_a_server_of_messages"),
         ("mlx", "mlx_client.edits_a_file_with_tools_told_in_words")]


def say(line):
    print(f"==> {line}", file=sys.stderr, flush=True)


class Workplace:
    """What the harness's servers want of the one who starts them."""

    def __init__(self, scratch):
        self.scratch = scratch
        self.setup = Setup()
        self.model = self.setup.model
        self.servers = []

    def ends_with_case(self, server):
        self.servers.append(server)


@dataclasses.dataclass
class Turn:
    answer: str
    prompt: int
    cached: int
    seconds: float


@dataclasses.dataclass(frozen=True)
class Backend:
    name: str
    start: object  # (Workplace) -> its server, or None; and the flags of anyclaude for it
    client: tuple = ()
    straight: str = ""  # the model's name there, where the client asks it without anyclaude


def embedded(place):
    return None, ["--model", place.model, "--chat-template", place.setup.template(TEMPLATE)]


def of_llama_server(mode):
    def start(place):
        server = llama_server(place, "--chat-template-file", place.setup.template(TEMPLATE),
                              "-c", CONTEXT, "-np", 1, "-fa", "on", "-t", os.cpu_count())
        url = server.origin + ("/v1" if mode == "openai" else "")
        return server, ["--mode", mode, f"--{mode}-url", url]
    return start


def of_mlx_lm(place):
    server = mlx_lm(place, "--chat-template", place.setup.template(TEMPLATE).read_text())
    return server, ["--mode", "mlx-lm", "--mlx-lm-url", server.origin + "/v1",
                    "--remote-context", CONTEXT]


def of_vllm(place):
    server = vllm(place, place.setup.template(TEMPLATE))
    return server, ["--mode", "vllm", "--vllm-url", server.origin + "/v1"]


BACKENDS = [
    Backend("embedded", embedded),
    Backend("mlx-lm", of_mlx_lm, ("--bare",)),
    Backend("vllm", of_vllm),
    Backend("vllm, straight", of_vllm, straight="smollm2"),
    Backend("llama-server (openai)", of_llama_server("openai")),
    Backend("llama-server (anthropic)", of_llama_server("anthropic")),
    Backend("llama-server, straight", of_llama_server("anthropic"), straight="smollm2"),
]


def straight_environment(origin, model):
    names = ("ANTHROPIC_MODEL", "ANTHROPIC_DEFAULT_OPUS_MODEL", "ANTHROPIC_DEFAULT_SONNET_MODEL",
             "ANTHROPIC_DEFAULT_HAIKU_MODEL")
    return {**{name: model for name in names}, "ANTHROPIC_BASE_URL": origin,
            "ANTHROPIC_AUTH_TOKEN": "none", "CLAUDE_CODE_MAX_CONTEXT_TOKENS": str(CONTEXT)}


class Bench:
    def __init__(self, program, folder):
        self.program = program.resolve()
        self.place = Workplace(folder)

    def measure(self, backend):
        """The two turns."""
        home = Path(tempfile.mkdtemp(prefix="client.", dir=self.place.scratch))
        environment = demo_environment(home, free_port(), "bench")
        claude = self.place.setup.claude
        try:
            server, flags = backend.start(self.place)
            if backend.straight:
                environment.update(straight_environment(server.origin, backend.straight))
                command = [str(claude), "--tools=Bash,Edit,Read,Write"]
            else:
                command = [*map(str, (self.program, *flags, "--claude", claude)), "--"]
            # What is loaded in the first turn would be counted as its reading.
            subprocess.run([*command, "--version"], env=environment, check=True,
                           stdout=subprocess.DEVNULL, cwd=home / "project", timeout=300)
            return [self.turn([*command, *backend.client], question, more, environment,
                              home / "project")
                    for question, more in zip(QUESTIONS, ((), ("--continue",)))]
        finally:
            if not backend.straight:
                subprocess.run([self.program, "stop"], env=environment, check=False, timeout=60,
                               stdout=subprocess.DEVNULL)
            while self.place.servers:
                self.place.servers.pop().stop()

    def turn(self, command, question, more, environment, folder):
        start = time.monotonic()
        done = subprocess.run([*command, "-p", *more, question, "--output-format", "json"],
                              env=environment, cwd=folder, text=True, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=TURN_TIMEOUT_S)
        seconds = time.monotonic() - start
        if done.returncode != 0:
            raise RuntimeError(f"the client ended with {done.returncode}:\n{done.stdout[-1000:]}"
                               f"{done.stderr[-1000:]}")
        result = json.loads(done.stdout)
        usage = result["usage"]
        cached = usage.get("cache_read_input_tokens") or 0
        prompt = usage["input_tokens"] + cached + (usage.get("cache_creation_input_tokens") or 0)
        return Turn(result["result"].strip(), prompt, cached, seconds)


def row(name, turns):
    cells = [name]
    for turn in turns:
        short = " ".join(turn.answer.split())
        cells += [short[:40] + ("..." if len(short) > 40 else ""), f"{turn.prompt:,}",
                  f"{turn.cached:,}", f"{turn.seconds:.1f}"]
    return f"| {' | '.join(cells)} |"


def tool_loop(program, suite, case):
    """Whether it passed, with what it noted."""
    command = [sys.executable, ROOT / "tests/end_to_end/run.py", "--anyclaude", program, "--only",
               case, *(["--suite", suite] if suite else [])]
    done = subprocess.run(command, text=True, capture_output=True, stdin=subprocess.DEVNULL,
                          timeout=TURN_TIMEOUT_S)
    passed = re.search(r"^ok +\S+ +([0-9.]+) s(?:  \[(.*)\])?$", done.stdout, re.M)
    if not passed:
        say(f"{case} failed:\n{done.stdout[-2000:]}")
        return None
    return f"| {case.replace('_', ' ')} | yes | {passed[1]} | {passed[2] or ''} |"


def show_tool_loops(program):
    rows = []
    for suite, case in LOOPS:
        say(f"{case}: about {4 if suite else 0.2} minutes")
        rows.append(tool_loop(program, suite, case))
    print("\n| tool loop | files changed | s | |\n|---|---|---|---|")
    print("\n".join(row or f"| {case} | failed | | |" for row, (_, case) in zip(rows, LOOPS)))
    return all(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--anyclaude", required=True, type=Path)
    parser.add_argument("--only", default="", help="names, comma-separated")
    options = parser.parse_args()
    names = [name for name in options.only.split(",") if name]
    if set(names) - {backend.name for backend in BACKENDS}:
        parser.error(f"the backends are {', '.join(backend.name for backend in BACKENDS)}")
    lines, failed = [], False
    with tempfile.TemporaryDirectory(prefix="anyclaude-backends.") as folder:
        bench = Bench(options.anyclaude, Path(folder))
        for backend in BACKENDS:
            if names and backend.name not in names:
                continue
            say(f"{backend.name}: about {BUDGET[backend.name]} minutes on two cores")
            try:
                lines.append(row(backend.name, bench.measure(backend)))
            except (RuntimeError, AssertionError, OSError, subprocess.SubprocessError) as error:
                lines.append(f"| {backend.name} | failed |" + " |" * 7)
                say(f"{backend.name} failed: {error}")
                failed = True
    print("| backend | first answer | prompt | cached | s | second answer | prompt | cached | s |")
    print("|---|---|---|---|---|---|---|---|---|")
    print("\n".join(lines))
    if not names and not show_tool_loops(options.anyclaude):
        failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
