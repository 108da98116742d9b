"""Somebody who follows a guide: a home of their own, in which its commands are run."""
import json
import os
import re
import subprocess
import tempfile
from pathlib import Path

from harness.expect import Failed
from harness.imitations import LM_STUDIO, VLLM, Imitation
from harness.setup import ROOT

# `serve` would stay in its terminal: here it runs in the background, and the next command once it
# is ready.
ANYCLAUDE = """#!/bin/bash
[ "$1" = serve ] || exec "{program}" "$@"
"{program}" "$@" >>"$HOME/serve.log" 2>&1 &
until curl -sf "http://127.0.0.1:$ANYCLAUDE_PORT/ready" >/dev/null; do
  kill -0 $! 2>/dev/null || {{ cat "$HOME/serve.log" >&2; exit 1; }}
  sleep 0.1
done
"""
# The real client, with a prompt so small that the real servers of a CPU read it in seconds. Where
# there is no terminal for a session, it asks one question.
CLAUDE = """#!/bin/bash
kept=()
for argument; do [[ $argument == --tools=* ]] || kept+=("$argument"); done
case " ${{kept[*]}} " in
  *" -p "* | *" --version "*) ;;
  *) [ -t 0 ] || kept+=(-p "Say hello.") ;;
esac
exec "{claude}" --bare {more} "${{kept[@]}}"
"""
# That the target exists, and what it would run; the programs are built by then.
MAKE = """#!/bin/bash
exec {make} -n -C "{root}" "$@" >/dev/null
"""
SHORT_ANSWERS = json.dumps({"temperature": 0, "stop_sequences": ["\n", ".", ",", "!"]})
TIMEOUT_S = 600  # of one guide, on a machine that does other things too


class GuideReader:
    """`servers`: {port of the guides: port that is in its place}; LM Studio, vLLM and two of a
    fleet are imitated. `more`: for the client."""

    def __init__(self, h, servers=None, more=""):
        self.h = h
        self.home = Path(tempfile.mkdtemp(prefix="guide.", dir=h.scratch))
        self._imitations = [Imitation(LM_STUDIO), *(Imitation(VLLM) for _ in range(3))]
        studio, vllm, first, second = (server.port for server in self._imitations)
        self.port = h.free_port()
        self._ports = {"localhost:8484": f"localhost:{self.port}",
                       "gpu1:8000": f"localhost:{first}", "gpu2:8000": f"localhost:{second}",
                       "localhost:8081": f"localhost:{(servers or {}).get(8081) or h.free_port()}",
                       "localhost:1234": f"localhost:{studio}",
                       "localhost:8000": f"localhost:{vllm}"}
        self._make_home(more)

    def _make_home(self, more):
        for name in ("bin", "models", "your-project", "run", "checkout/build/release"):
            (self.home / name).mkdir(parents=True, mode=0o700)
        (self.home / "models" / "your-model.gguf").symlink_to(self.h.model)
        default = self.home / ".cache" / "anyclaude" / "models"  # as scripts/setup/models.sh has it
        default.mkdir(parents=True)
        (default / "SmolLM2-135M-Instruct.Q4_1.gguf").symlink_to(self.h.model)
        (self.home / "your-project" / "notes.txt").write_text("The bridge is closed.\n")
        checkout = self.home / "checkout"
        for name in ("bench", "docs", "scripts"):
            (checkout / name).symlink_to(ROOT / name)
        programs = {"anyclaude": ANYCLAUDE.format(program=self.h.program),
                    "claude": CLAUDE.format(claude=self.h.setup.claude, more=more),
                    "make": MAKE.format(make="/usr/bin/make", root=ROOT)}
        for name, text in programs.items():
            (self.home / "bin" / name).write_text(text)
            (self.home / "bin" / name).chmod(0o755)
        (checkout / "build/release/anyclaude").symlink_to(self.home / "bin" / "anyclaude")
        # As after the client's first start, when it was told that it may trust these folders.
        trusted = {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True}
        (self.home / ".claude.json").write_text(json.dumps({
            "hasCompletedOnboarding": True, "theme": "dark",
            "projects": {str(self.home / "your-project"): trusted, str(checkout): trusted}}))

    def environment(self):
        here = {name: f"http://{self._ports[at]}/v1" for name, at in (
            ("MLX_LM_URL", "localhost:8081"), ("LMSTUDIO_URL", "localhost:1234"),
            ("VLLM_URL", "localhost:8000"))}
        return {"PATH": f"{self.home}/bin:{os.environ['PATH']}", "HOME": str(self.home),
                "LANG": "C.UTF-8", "XDG_RUNTIME_DIR": str(self.home / "run"), "IS_SANDBOX": "1",
                "ANYCLAUDE_PORT": str(self.port), "CLAUDE_CODE_EXTRA_BODY": SHORT_ANSWERS,
                # What one guide has computed of the client's tools, the next one need not.
                "ANYCLAUDE_CACHE_FOLDER": str(self.h.scratch / "guides-kv"), **here}

    def with_ports(self, text):
        for written, real in self._ports.items():
            text = text.replace(written, real)
        return text

    def follow(self, blocks, shorter=()):
        """Runs all blocks of a guide in one shell; fails at the first command that does, and names
        its block. `shorter`: (command, the same with less to do)."""
        script = "set -euo pipefail\n"
        for block in blocks:
            script += f"echo '== {block}' >&2\n{block.text}"
        for command, less in shorter:
            if command not in script:
                raise Failed(f"no command {command!r} to shorten")
            script = script.replace(command, less)
        try:
            done = subprocess.run(["bash", "-c", self.with_ports(script)], text=True,
                                  cwd=self.home / "checkout", env=self.environment(),
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired as late:
            said = (late.stdout or b"").decode(errors="replace")
            raise Failed(f"not done in {TIMEOUT_S} s; it said:\n{said[-3000:]}") from late
        finally:
            self._leave()
        if done.returncode != 0:
            at = re.findall(r"^== (.*)$", done.stdout, re.MULTILINE)[-1:]
            raise Failed(f"exit code {done.returncode} in {at}; it said:\n{done.stdout[-3000:]}")
        return done.stdout

    def _leave(self):
        subprocess.run([str(self.h.program), "stop"], env=self.environment(), timeout=60,
                       stdin=subprocess.DEVNULL, capture_output=True)
        for server in self._imitations:
            server.close()
