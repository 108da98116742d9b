#!/usr/bin/env python3
"""Makes a set of traffic on your own machine: the real Claude Code, through scripted scenarios.

usage: capture.py --anyclaude PROGRAM [--default-environment] FOLDER [SCENARIO ...]

Each scenario becomes a folder FOLDER/SCENARIO of requests, as `anyclaude serve --record` writes
them, for bench/traffic.py. The client is started by the launcher, and its answers come from a
script, so that it calls tools, starts agents and compacts as the scenario wants; nothing is
computed. With --default-environment the client is started as it is without the launcher: memory
and tool search on. The prompts are those of the client's maker: keep them to yourself.
"""
import argparse
import dataclasses
import datetime
import os
import subprocess
import sys
import tempfile
import zoneinfo
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from run import MODELS, Bench, say, setup_script  # noqa: E402: beside this file
from scripted_model import ScriptedModel, call, text  # noqa: E402

RUN_TIME_MAX_S = 180


@dataclasses.dataclass(frozen=True)
class Run:
    """One start of the client. `answers`: of the main conversation."""
    arguments: tuple
    answers: tuple = ()
    repository: str = "bridge"
    environment: tuple = ()


def tomorrow():
    """A time zone in which it is another day than here."""
    here = datetime.datetime.now(datetime.timezone.utc)
    for zone in ("Etc/GMT-14", "Etc/GMT+12"):
        if here.astimezone(zoneinfo.ZoneInfo(zone)).date() != datetime.date.today():
            return zone
    raise RuntimeError("no zone has another date")


def ask(question):
    return ("-p", question, "--permission-mode", "bypassPermissions")


def go_on(question):
    return ("-p", "--continue", question, "--permission-mode", "bypassPermissions")


def agents(count):
    return [call("Agent", description=f"Look at part {i}", subagent_type="general-purpose",
                 prompt=f"Read part {i} of the notes and say in a word what it is about.")
            for i in range(count)]


def scenarios():
    read = [text("I look at the notes."), call("Read", file_path="notes.txt")]
    run = [call("Bash", command="ls", description="Lists the files")]
    work = Run(ask("What do the notes say?"), (read, run, [text("The bridge is closed.")]))
    return {
        "session": [work, Run(go_on("And what is to be done?"), (read, [text("Wait.")]))],
        "two_repositories": [work, Run(ask("What is this?"), ([text("A lighthouse.")],),
                                       repository="lighthouse")],
        "agents": [Run(ask("Let eight agents look at the notes."),
                       (agents(8), [text("All eight have looked.")]))],
        "fork": [work, Run((*go_on("And otherwise?"), "--fork-session"), ([text("Swim.")],)),
                 Run(go_on("And then?"), ([text("Walk.")],))],
        "compact": [work, Run(("-p", "--continue", "/compact")),
                    Run(go_on("Where were we?"), ([text("At the bridge.")],))],
        "next_day": [work, Run(ask("What do the notes say?"), ([text("It is closed.")],),
                               environment=(("TZ", tomorrow()),))],
    }


class Capture:
    def __init__(self, options, bench, server):
        self.options = options
        self.server = server
        self.model = ScriptedModel()
        self.work = Path(tempfile.mkdtemp(prefix="capture.", dir=bench.folder))
        self.client = setup_script("claude.sh")
        wrapper = self.work / "bin" / "claude"
        wrapper.parent.mkdir()
        wrapper.write_text("#!/bin/sh\n# The launcher finds it in the client's place.\n"
                           f"export ANTHROPIC_BASE_URL={self.model.url}\n"
                           f'exec "{self.client}" "$@"\n')
        wrapper.chmod(0o755)

    def repository(self, home, name):
        folder = home / name
        if not folder.exists():
            folder.mkdir(parents=True)
            (folder / "notes.txt").write_text("The bridge is closed.\n" * 20)
            (folder / "CLAUDE.md").write_text(f"# The {name}\n\nTests: `make {name}`.\n")
            subprocess.run(["git", "init", "-q", str(folder)], check=True)
        return folder

    def environment(self, home, run):
        environment = {"PATH": f"{self.work / 'bin'}:{os.environ['PATH']}", "HOME": str(home),
                       "LANG": "C.UTF-8", "IS_SANDBOX": "1", **dict(run.environment)}
        if self.options.default_environment:
            return {**environment, "ANTHROPIC_BASE_URL": self.model.url,
                    "ANTHROPIC_AUTH_TOKEN": "none", "ANTHROPIC_MODEL": "local-model"}
        return {**self.server.environment, "ANYCLAUDE_PORT": str(self.server.port), **environment}

    def run(self, home, run):
        command = [str(self.work / "bin" / "claude")]
        if not self.options.default_environment:
            command = [str(self.options.anyclaude.resolve()), "--"]
        self.model.answers = [list(blocks) for blocks in run.answers]
        done = subprocess.run([*command, *run.arguments], timeout=RUN_TIME_MAX_S, text=True,
                              cwd=self.repository(home, run.repository), stdin=subprocess.DEVNULL,
                              env=self.environment(home, run), capture_output=True)
        if done.returncode != 0:
            say(f"  exit code {done.returncode}: {done.stdout[-300:]}{done.stderr[-300:]}")
        return done.returncode == 0 and not self.model.answers

    def scenario(self, name, runs):
        """True if the client did all that the scenario wants."""
        self.model.folder = self.options.folder / name
        self.model.folder.mkdir(parents=True, mode=0o700)
        home = Path(tempfile.mkdtemp(prefix=f"{name}.", dir=self.work))
        well = all([self.run(home, run) for run in runs])
        asked = len(list(self.model.folder.glob("*.json")))
        say(f"{name}: {asked} requests{'' if well else ', NOT as it should'}")
        return well


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--anyclaude", required=True, type=Path)
    parser.add_argument("--default-environment", action="store_true")
    parser.add_argument("--model", choices=MODELS, default="gemma", help=argparse.SUPPRESS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("scenarios", nargs="*", choices=[[], *scenarios()], metavar="SCENARIO")
    options = parser.parse_args()
    options.batch, options.threads = 512, 2
    wanted = options.scenarios or list(scenarios())
    there = [name for name in wanted if (options.folder / name).exists()]
    if there:
        parser.error(f"{options.folder} has {', '.join(there)} already")
    bench = Bench(options)
    # The launcher sets the client up for the model of the server that it finds.
    with bench.ours(bench.setup(options.model)) as server:
        capture = Capture(options, bench, server)
        well = all([capture.scenario(name, scenarios()[name]) for name in wanted])
        capture.model.close()
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
