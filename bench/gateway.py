#!/usr/bin/env python3
"""What a gateway adds to an instant server of models: anyclaude, and others beside it.

usage: gateway.py --anyclaude PROGRAM [--rivals] [--rounds 4] [--seconds 3] [--streams 1000]

One request of 105 KB in the shape of Claude Code's goes straight to a server that answers 64
pieces at once (gateway_probe.cpp), and through each gateway to the same server: in turns A B C C B
A, with one client and with eight. Then so many slow answers at once go through anyclaude. Prints a
Markdown table and writes it, with every single value as JSON, into --output.
"""
import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from conversations import Shape, conversation, fitted  # noqa: E402: beside this file
from gateways import (AnyclaudeGateway, ClaudeCodeRouter, LiteLlm, Upstream,  # noqa: E402
                      cpu_seconds, peak_bytes)
from run import machine, say  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
BODY_BYTES = 105_000
CLIENTS = (1, 8)
SLOW_WAIT_MS = 312  # between two of 64 pieces: 20 s
GOALS = (("added to the first piece, one client", "ms", 1.0, min),
         ("requests a second, eight clients", "", 500, max),
         ("memory at most", "MB", 40, min),
         ("slow streams at once that failed", "", 0, min),
         ("memory at most with them", "MB", 300, min))


def compact(body):
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def messages_body():
    """What the client sends first in a conversation."""
    shape = fitted(Shape(seed=9), BODY_BYTES, lambda body: len(compact(body).encode()))
    return {**next(conversation(shape, 1)), "model": "m", "max_tokens": 32_000}


def chat_body(body):
    """The same request in the form of Chat Completions."""
    def words(blocks):
        return "\n\n".join(block["text"] for block in blocks)
    return {"model": body["model"], "stream": True, "stream_options": {"include_usage": True},
            "max_tokens": body["max_tokens"],
            "messages": [{"role": "system", "content": words(body["system"])},
                         *({"role": message["role"], "content": words(message["content"])}
                           for message in body["messages"])],
            "tools": [{"type": "function", "function": {
                "name": tool["name"], "description": tool["description"],
                "parameters": tool["input_schema"]}} for tool in body["tools"]]}


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.files = {}
        body = messages_body()
        for path, made in ((Upstream.path, chat_body(body)), ("", body)):
            self.files[path] = folder / f"body{len(self.files)}.json"
            self.files[path].write_text(compact(made))

    def load(self, server, clients, seconds):
        """One call of the load program."""
        file = self.files.get(server.path, self.files[""])
        done = subprocess.run(
            [str(self.options.anyclaude.parent / "gateway_probe"), "load", str(server.port),
             server.path, str(file), str(clients), str(seconds)], text=True, check=True,
            stdout=subprocess.PIPE, env={**os.environ, "GATEWAY_KEY": server.key})
        found = json.loads(done.stdout)
        if found["faults"] and seconds:
            raise RuntimeError(f"{server.name}: {found['first_fault']}")
        return found

    def turn(self, server):
        """Figures of one server, once."""
        out, cpu, requests = {}, cpu_seconds(server.process.pid), 0
        for clients in CLIENTS:
            found = self.load(server, clients, self.options.seconds)
            count = len(found["whole_ms"])
            out[f"first_p50_ms_{clients}"] = statistics.median(found["first_ms"])
            out[f"first_p95_ms_{clients}"] = percentile(found["first_ms"], 0.95)
            out[f"whole_p50_ms_{clients}"] = statistics.median(found["whole_ms"])
            out[f"requests_per_s_{clients}"] = count / found["seconds"]
            requests += count
        out["cpu_ms"] = (cpu_seconds(server.process.pid) - cpu) / requests * 1000
        out["peak_mb"] = peak_bytes(server.process.pid) / 1e6
        return out

    def instant(self, rivals):
        """Name and every round's figures of each."""
        with contextlib.ExitStack() as stack:
            upstream = stack.enter_context(Upstream(self.options.anyclaude))
            servers = [upstream, stack.enter_context(
                AnyclaudeGateway(self.options.anyclaude, upstream, self.folder))]
            if rivals:
                servers += [stack.enter_context(kind(rivals, upstream, self.folder))
                            for kind in (LiteLlm, ClaudeCodeRouter)]
            for server in servers:
                self.load(server, 1, 1)  # what is done once is done
            rounds = {server.name: [] for server in servers}
            for index in range(self.options.rounds):
                for server in servers if index % 2 == 0 else reversed(servers):
                    say(f"round {index + 1}: {server.name}")
                    rounds[server.name].append(self.turn(server))
            return rounds

    def slow(self):
        """So many answers at once, each 20 s long."""
        say(f"{self.options.streams} slow streams at once")
        with Upstream(self.options.anyclaude, SLOW_WAIT_MS) as upstream, \
                AnyclaudeGateway(self.options.anyclaude, upstream, self.folder) as server:
            found = self.load(server, self.options.streams, 0)
            return {"streams": self.options.streams, "faults": found["faults"],
                    "first_fault": found["first_fault"],
                    "first_p50_ms": statistics.median(found["first_ms"] or [0]),
                    "longest_s": max(found["whole_ms"] or [0]) / 1000,
                    "peak_mb": peak_bytes(server.process.pid) / 1e6}


def shown(values, digits):
    spread = f" ({min(values):,.{digits}f}–{max(values):,.{digits}f})" * (len(values) > 1)
    return f"{statistics.median(values):,.{digits}f}{spread}"


def table(rounds):
    columns = (("first piece p50, ms", "first_p50_ms_1", 2), ("p95", "first_p95_ms_1", 2),
               ("whole p50, ms", "whole_p50_ms_1", 2), ("requests/s, 1", "requests_per_s_1", 1),
               ("requests/s, 8", "requests_per_s_8", 1), ("CPU ms/request", "cpu_ms", 2),
               ("memory at most, MB", "peak_mb", 1))
    lines = [f"| through | {' | '.join(title for title, _, _ in columns)} |",
             "|---" * (1 + len(columns)) + "|"]
    for name, figures in rounds.items():
        cells = [shown([each[key] for each in figures], digits) for _, key, digits in columns]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def judged(rounds, slow):
    """The goals: what, value, goal, whether it holds."""
    ours, floor = rounds[AnyclaudeGateway.name], rounds[Upstream.name]
    added = statistics.median(a["first_p50_ms_1"] - b["first_p50_ms_1"]
                              for a, b in zip(ours, floor))
    values = (added, statistics.median(each["requests_per_s_8"] for each in ours),
              max(each["peak_mb"] for each in ours), slow["faults"], slow["peak_mb"])
    for (what, unit, goal, better), value in zip(GOALS, values):
        yield {"what": what, "unit": unit, "value": value, "goal": goal,
               "sign": "≤" if better is min else "≥", "holds": better(value, goal) == value}


def parse():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--anyclaude", type=Path, required=True)
    parser.add_argument("--rivals", action="store_true",
                        help="LiteLLM and claude-code-router too (scripts/setup/gateways.sh)")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=int, default=3, help="of each load in a round")
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--output", type=Path, default=ROOT / "build/bench")
    options = parser.parse_args()
    if not Path("/proc/self/status").exists():
        parser.error("memory and time of processes are read in /proc: it needs Linux")
    options.anyclaude = options.anyclaude.resolve()
    return options


def installed_rivals():
    done = subprocess.run([str(ROOT / "scripts/setup/gateways.sh")], check=True, text=True,
                          stdout=subprocess.PIPE)
    return dict(line.split("=", 1) for line in done.stdout.split())


def main():
    options = parse()
    rivals = installed_rivals() if options.rivals else {}
    with tempfile.TemporaryDirectory(prefix="anyclaude-gateway.") as folder:
        bench = Bench(options, Path(folder))
        rounds = bench.instant(rivals)
        slow = bench.slow()
    goals = list(judged(rounds, slow))
    version = subprocess.run([options.anyclaude, "--version"], text=True,
                             stdout=subprocess.PIPE).stdout.strip()
    lines = [f"{version} on {machine()}; load at the end {os.getloadavg()[0]:.1f}.", "",
             *table(rounds), "", "| anyclaude | value | goal | holds |", "|---|---|---|---|"]
    for goal in goals:
        lines.append(f"| {goal['what']} | {goal['value']:.2f} {goal['unit']} | {goal['sign']} "
                     f"{goal['goal']} | {'yes' if goal['holds'] else '**no**'} |")
    text = "\n".join(lines) + "\n"
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "gateway.md").write_text(text)
    (options.output / "gateway.json").write_text(json.dumps(
        {"machine": machine(), "rounds": rounds, "slow": slow, "goals": goals}, indent=1))
    print(text)
    if slow["faults"]:
        say(f"the first fault: {slow['first_fault']}")
    return 0 if all(goal["holds"] for goal in goals) else 1


if __name__ == "__main__":
    sys.exit(main())
