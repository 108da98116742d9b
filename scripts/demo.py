#!/usr/bin/env python3
"""The last step of demo.sh: runs the two turns and prints the table.

The figures are the server's own: the differences of its counters (GET /metrics) around each turn.
"""

import argparse
import os
import pathlib
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import urllib.request

TURNS = [["-p", "What is the capital of France?"],
         ["-p", "--continue", "And what is the capital of Italy?"]]
# A model this small does not always find an end by itself: its answers end with their first line.
EXTRA_BODY = '{"temperature": 0, "stop_sequences": ["\\n"]}'
TURN_TIMEOUT_S = 900

COMPUTED = 'anyclaude_engine_prefill_tokens_total{for="request"}'
PROMPT = "anyclaude_api_prompt_tokens_total"
FIRST_TOKEN_S = "anyclaude_api_time_to_first_token_seconds_sum"
FIRST_TOKEN_COUNT = "anyclaude_api_time_to_first_token_seconds_count"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def demo_environment(folder, port, key):
    """The user's environment without what would change the demo, or be changed by it."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(pathlib.Path.home() / ".cache")
    environment = {name: value for name, value in os.environ.items()
                   if not re.match("ANTHROPIC_|CLAUDE|ANYCLAUDE_", name)}
    for name in ("home", "config", "state", "runtime", "project"):
        (folder / name).mkdir(mode=0o700)
    environment.update(
        HOME=str(folder / "home"), XDG_CACHE_HOME=cache, XDG_CONFIG_HOME=str(folder / "config"),
        XDG_STATE_HOME=str(folder / "state"), XDG_RUNTIME_DIR=str(folder / "runtime"),
        ANYCLAUDE_PORT=str(port), ANYCLAUDE_API_KEY=key,
        # What a demo before this one computed would come back, and nothing be cold.
        ANYCLAUDE_CACHE_FOLDER=str(folder / "kv"),
        CLAUDE_CODE_EXTRA_BODY=EXTRA_BODY,
        # The client sets so much of the context aside, and would summarise the conversation after
        # every turn if that left no room in a context this small.
        CLAUDE_CODE_MAX_OUTPUT_TOKENS="512")
    return environment


def read_metrics(port, key):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/metrics",
                                     headers={"x-api-key": key})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as reply:
        lines = reply.read().decode().splitlines()
    return {name: float(value) for name, _, value in
            (line.rpartition(" ") for line in lines if line and not line.startswith("#"))}


class Turn:
    """What one turn added to the server's counters."""

    def __init__(self, before, after):
        def added(name):
            return sum(value - before.get(key, 0) for key, value in after.items()
                       if key == name or key.startswith(name + "{"))
        self.requests = int(added(FIRST_TOKEN_COUNT))
        self.computed = int(added(COMPUTED))
        self.prompt = int(added(PROMPT))
        self.first_token_s = added(FIRST_TOKEN_S) / max(1, self.requests)


def run_turn(program, model, client, arguments, environment, project):
    print(f"\n$ anyclaude -- {' '.join(a if a[0] == '-' else repr(a) for a in arguments)}",
          flush=True)
    subprocess.run([program, "--model", model, "--claude", client, "--", *arguments],
                   env=environment, cwd=project, check=True, timeout=TURN_TIMEOUT_S,
                   stdin=subprocess.DEVNULL)


def print_table(cold, follow_up):
    def ratio(a, b):
        return f"{a / b:.1f} : 1" if b else "-"
    rows = [("", "cold", "follow-up", "ratio"),
            ("time to the first token, s", f"{cold.first_token_s:.2f}",
             f"{follow_up.first_token_s:.2f}", ratio(cold.first_token_s, follow_up.first_token_s)),
            ("prompt tokens", f"{cold.prompt:,}", f"{follow_up.prompt:,}", ""),
            ("of these computed", f"{cold.computed:,}", f"{follow_up.computed:,}",
             ratio(cold.computed, follow_up.computed)),
            ("requests of the client", str(cold.requests), str(follow_up.requests), "")]
    print()
    for name, *values in rows:
        print(f"  {name:<28}" + "".join(f"{value:>12}" for value in values))
    print("""
The first turn computed the whole prompt that Claude Code sends: tools, system prompt, environment.
The second is a new process of the client, and computed only what the conversation had gained; the
rest was still in the server's memory. The figures are the server's own (GET /metrics).
""")


def two_turns(program, model, client):
    """Runs both in a folder of their own; returns what each added to the server's counters. Raises
    what stopped them: CalledProcessError, TimeoutExpired, OSError."""
    with tempfile.TemporaryDirectory(prefix="anyclaude-demo-") as folder:
        folder = pathlib.Path(folder)
        port, key = free_port(), secrets.token_hex(16)
        environment = demo_environment(folder, port, key)
        project = folder / "project"
        (project / "README.md").write_text("# An empty project\n")
        turns, before = [], {}
        try:
            for arguments in TURNS:
                run_turn(program, model, client, arguments, environment, project)
                after = read_metrics(port, key)
                turns.append(Turn(before, after))
                before = after
        finally:
            subprocess.run([program, "stop"], env=environment, check=False,
                           stdout=subprocess.DEVNULL, timeout=60)
        return turns


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    for name in ("--program", "--model", "--client"):
        parser.add_argument(name, required=True)
    options = parser.parse_args()
    program = os.path.abspath(options.program)
    try:
        turns = two_turns(program, options.model, options.client)
    except subprocess.CalledProcessError as error:
        sys.exit(f"error: the demo stopped: the client ended with {error.returncode}")
    except (subprocess.TimeoutExpired, OSError) as error:
        sys.exit(f"error: the demo stopped: {error}")
    print_table(*turns)
    print(f"""Go on with your own project and model:
  cd your-project
  {program} --model your-model.gguf
  {program} dashboard        # meanwhile, elsewhere: the link to a page that shows it all
  {program} bench --quick    # what kept prompts save, with charts
  {program} --help""")


if __name__ == "__main__":
    main()
