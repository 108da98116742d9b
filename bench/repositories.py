#!/usr/bin/env python3
"""Two real clients in two repositories, the server restarted between: what the second one's first
answer costs.

usage: repositories.py --anyclaude PROGRAM

Twice: with the prompts laid out for the cache, and as the model's template has them. Prints a
Markdown table of the second client's first answer; its text is held to a word by a schema.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from replay import RESTARTED_AFTER_S  # noqa: E402: beside this file
from run import MODELS, Bench, say, setup_script  # noqa: E402

SHORT = json.dumps({"output_config": {"format": {"type": "json_schema", "schema": {
    "enum": ["It is a bridge.", "It is a lighthouse."]}}}})
RUN_TIME_MAX_S = 900


def ask(options, server, home, name):
    """(seconds to the first token, prompt tokens, computed tokens) of a client's only request."""
    folder = home / "repositories" / name
    folder.mkdir(parents=True)
    (folder / "CLAUDE.md").write_text(f"# The {name}\n\nTests are run with `make {name}`.\n" * 5)
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    environment = {**server.environment, "ANYCLAUDE_PORT": str(server.port), "IS_SANDBOX": "1",
                   "CLAUDE_CODE_EXTRA_BODY": SHORT, "ANYCLAUDE_CLAUDE": setup_script("claude.sh"),
                   "PATH": os.environ["PATH"]}
    done = subprocess.run([str(options.anyclaude.resolve()), "--", "-p", "What is this?"],
                          env=environment, cwd=folder, stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, timeout=RUN_TIME_MAX_S)
    if done.returncode != 0:
        raise RuntimeError(f"claude failed: {done.stdout[-500:]}{done.stderr[-500:]}")
    first_s = server.metric("anyclaude_api_time_to_first_token_seconds_sum")
    if server.metric("anyclaude_api_time_to_first_token_seconds_count") != 1:
        raise RuntimeError("claude has asked more than once")
    return first_s, int(server.metric("anyclaude_api_prompt_tokens_total")), server.counted()


def measure(options, bench, setup, layout):
    home = Path(tempfile.mkdtemp(prefix=f"{layout}.", dir=bench.folder))
    start = lambda: bench.ours(setup, home, ["--prompt-layout", layout])  # noqa: E731
    with start() as server:
        cold = ask(options, server, home, "bridge")
        time.sleep(RESTARTED_AFTER_S)
    with start() as server:
        second = ask(options, server, home, "lighthouse")
    say(f"{layout}: first client {cold[0]:.2f} s, {cold[2]} of {cold[1]} tokens computed; second "
        f"{second[0]:.2f} s, {second[2]} of {second[1]}")
    return cold, second


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--anyclaude", required=True, type=Path)
    parser.add_argument("--model", choices=MODELS, default="gemma")
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    bench = Bench(options)
    setup = bench.setup(options.model)
    print("| prompts | first client's first token, s | second client's, in another repository and "
          "after a restart, s | tokens it computed | of |\n|---|---|---|---|---|")
    for layout in ("cache", "template"):
        cold, second = measure(options, bench, setup, layout)
        print(f"| --prompt-layout {layout} | {cold[0]:.2f} | {second[0]:.2f} | {second[2]:,} | "
              f"{second[1]:,} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
