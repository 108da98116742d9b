#!/usr/bin/env python3
"""Measures what docs/guides/kv-cache-validation-results.md tells, here, and writes it there.

usage: validate-kv-cache.sh [--tokens N,N...] [--session-tokens N] [--rounds N] [--model GGUF]
                            [--anyclaude PROGRAM] [--output FILE] [--no-client]

Starts `anyclaude serve` in a folder of its own, which is removed at the end, and asks it: texts of
each length cold and known, ten questions about one text and about ten, a text again after the
server was restarted, and two turns of the real Claude Code. No figure is made up or carried over:
what could not be measured ends the run, and the file stays as it was.
"""
import argparse
import datetime
import os
import pathlib
import platform
import signal
import secrets
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import demo  # noqa: E402: found beside the scripts
from kv_cache_probe import Probe, ProbeError, Server, ratio_of, spread  # noqa: E402

BEGIN = "<!-- what follows is written by scripts/test/validate-kv-cache.sh -->"
END = "<!-- and ends here -->"
QUESTIONS = [f"What is word number {number}?" for number in range(1, 11)]
START_TIMEOUT_S = 300


def say(line):
    print(f"==> {line}", file=sys.stderr, flush=True)


class OwnServer:
    """`anyclaude serve` in `folder`, from construction until `stop`; again in the same folder it
    finds what it has stored."""

    def __init__(self, program, model, folder):
        port = demo.free_port()
        self.key = secrets.token_hex(16)
        self.url = f"http://127.0.0.1:{port}"
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder),
                       "XDG_CACHE_HOME": str(folder / "cache"), "ANYCLAUDE_API_KEY": self.key}
        self._log = open(folder / "serve.log", "ab")  # noqa: SIM115: closed in stop
        self._process = subprocess.Popen(
            [program, "serve", "--model", model, "--port", str(port), "--no-warm"],
            env=environment, stdout=self._log, stderr=self._log, stdin=subprocess.DEVNULL)
        try:
            self._wait_until_ready(folder / "serve.log")
        except BaseException:  # also where the user ends it: the server must not stay
            self.stop()
            raise

    def _wait_until_ready(self, log):
        end = time.monotonic() + START_TIMEOUT_S
        while not self._ready():
            if self._process.poll() is not None or time.monotonic() > end:
                sys.exit(f"error: anyclaude does not serve; its log is:\n"
                         f"{log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.1)

    def _ready(self):
        try:
            return Server(self.url, self.key, api="openai")
        except ProbeError:
            return None

    def ask(self):
        return Server(self.url, self.key, api="openai")

    def stop(self):
        self._process.terminate()
        try:
            self._process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()


def known(answer):
    return f"{answer.cached_tokens:,} of {answer.prompt_tokens:,}"


def row(*cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def table(heads, rows):
    return "\n".join([row(*heads), row(*("---" for _ in heads)), *(row(*cells) for cells in rows)])


def measure_lengths(server, lengths, rounds):
    """The rows, and the last text with its first answer."""
    rows, probe = [], None
    for tokens in lengths:
        say(f"texts of {tokens:,} tokens, {rounds} rounds")
        probe = Probe(server, tokens)
        probe.fit()
        for _ in range(rounds):
            probe.round()
        ratios = [cold.seconds / hit.seconds for cold, hit in zip(probe.colds, probe.hits)]
        rows.append([f"{probe.colds[-1].prompt_tokens:,}",
                     spread([answer.seconds for answer in probe.colds], ".2f"),
                     spread([answer.seconds for answer in probe.hits], ".3f"),
                     f"{ratio_of(probe.colds, probe.hits):.0f} "
                     f"({min(ratios):.0f} to {max(ratios):.0f})", known(probe.hits[-1])])
    return rows, probe


def measure_session(server, tokens):
    """Ten questions, each behind a text that is new, and each behind one and the same."""
    say(f"ten questions about ten texts of {tokens:,} tokens, and about one")
    probe = Probe(server, tokens)
    probe.fit()
    text = probe.new_text()
    # In turns, so that what disturbs the machine disturbs both.
    old, new = [], []
    for question in QUESTIONS:
        old.append(server.ask(probe.new_text(), question))
        new.append(server.ask(text, question))
    rows = []
    for what, answers in (("every prompt begins differently", old), ("one beginning", new)):
        prompt = sum(answer.prompt_tokens for answer in answers)
        computed = prompt - sum(answer.cached_tokens for answer in answers)
        rows.append([what, f"{sum(answer.seconds for answer in answers):.1f}",
                     f"{answers[0].seconds:.2f}",
                     f"{max(answer.seconds for answer in answers[1:]):.2f}",
                     f"{computed:,} of {prompt:,}"])
    return rows


def measure_client(program):
    """Two turns of the real Claude Code, as `make demo` runs them."""
    say("two turns of Claude Code")
    model = subprocess.check_output([ROOT / "scripts/setup/models.sh", "smollm2"], text=True)
    client = subprocess.check_output([ROOT / "scripts/setup/claude.sh"], text=True)
    rows = []
    for name, turn in zip(("the first question", "`--continue`, another process"),
                          demo.two_turns(program, model.strip(), client.strip())):
        rows.append([name, f"{turn.first_token_s:.2f}", f"{turn.computed:,} of {turn.prompt:,}"])
    return rows


def processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
        return names[0]
    except (OSError, IndexError):
        return platform.processor() or platform.machine()


def machine():
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (f"{os.cpu_count()} cores of {processor()}, {memory:.0f} GiB of memory, "
            f"{platform.system()}")


def report(options):
    load = os.getloadavg()[0]
    version = subprocess.check_output([options.anyclaude, "--version"], text=True).strip()
    with tempfile.TemporaryDirectory(prefix="anyclaude-validate-") as folder:
        folder = pathlib.Path(folder)
        own = OwnServer(options.anyclaude, options.model, folder)
        try:
            lengths, probe = measure_lengths(own.ask(), options.tokens, options.rounds)
            session = measure_session(own.ask(), options.session_tokens)
        finally:
            own.stop()
        say("the last text again, on a new server")
        own = OwnServer(options.anyclaude, options.model, folder)
        try:
            probe.server = own.ask()
            restarted = probe.last_again()
        finally:
            own.stop()
    client = [] if options.no_client else measure_client(options.anyclaude)
    parts = [
        f"Printed on {datetime.date.today().isoformat()} by `scripts/test/validate-kv-cache.sh` "
        f"with {version} on {machine()}; load {load:.1f} when it began. Model: "
        f"{pathlib.Path(options.model).name}. Seconds are until the first token: the median of "
        f"{options.rounds} rounds, the least and the most.",
        "**A text that is new, and another question about it**",
        table(["prompt tokens", "cold, s", "hit, s", "times as quick", "found in the cache"],
              lengths),
        "**Ten questions in a row**",
        table(["", "together, s", "the first, s", "slowest of the others, s", "tokens computed"],
              session),
        "**After a restart of the server**",
        table(["", "first token, s", "found in the cache"],
              [["the last text, cold", f"{probe.colds[-1].seconds:.2f}", known(probe.colds[-1])],
               ["the same, from the disk", f"{restarted.seconds:.2f}", known(restarted)]])]
    if client:
        parts += ["**The real Claude Code, with SmolLM2-135M and four tools**",
                  table(["", "first token, s", "tokens computed"], client)]
    return "\n\n".join(parts)


def write_into(path, text):
    """Between the marks, where the file has them; else all of it."""
    whole = path.read_text(encoding="utf-8") if path.exists() else f"{BEGIN}\n{END}\n"
    before, begin, rest = whole.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit(f"error: {path} lacks the lines between which figures go: {BEGIN} and {END}")
    path.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(prog="validate-kv-cache.sh",
                                     description=__doc__.split("\n\n", 2)[2])
    parser.add_argument("--tokens", default="2000,8000,18490", metavar="N,N...",
                        type=lambda text: [int(part) for part in text.split(",")],
                        help="lengths of the texts (default: 2000,8000,18490, the last being what "
                             "Claude Code sent when this was first measured)")
    parser.add_argument("--session-tokens", type=int, default=4000,
                        help="length of the texts of the ten questions (default: 4000)")
    parser.add_argument("--rounds", type=int, default=3, help="of each length (default: 3)")
    parser.add_argument("--anyclaude", default=str(ROOT / "build/release/anyclaude"))
    parser.add_argument("--model", help="a GGUF file (default: Gemma-3-270M, fetched if missing)")
    parser.add_argument("--output", type=pathlib.Path,
                        default=ROOT / "docs/guides/kv-cache-validation-results.md")
    parser.add_argument("--no-client", action="store_true", help="without Claude Code")
    options = parser.parse_args()
    # Ends the server and removes its folder, as ^C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if not os.access(options.anyclaude, os.X_OK):
        sys.exit(f"error: {options.anyclaude} is not there; run `make build`, or give --anyclaude.")
    if options.model is None:
        options.model = subprocess.check_output([ROOT / "scripts/setup/models.sh", "gemma"],
                                                text=True).strip()
    try:
        text = report(options)
    except (ProbeError, subprocess.SubprocessError, OSError) as error:
        sys.exit(f"error: {error}")
    write_into(options.output, text)
    print(text)
    say(f"written into {options.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
