"""`doctor` of other servers: what it finds, and what it does with --fix."""
import json
import os
import sys

from harness import Home, expect, expect_equal, wait_until
from harness.scripted_chat_server import CONTEXT, MODEL, ScriptedChatServer

# In the place of a Python: it makes a copy of itself where a venv is wanted, has mlx-lm from when
# pip was asked for it, and serves what the real mlx-lm would. It writes down what it is asked.
PYTHON = """#!/bin/sh
echo "$@" >> "{log}"
case "$1 $2" in
  "-c "*) echo "3 12"; [ -e "{log}.installed" ] && echo 9.9.9 || echo; echo venv ;;
  "-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python3" ;;
  "-m pip") echo "fetching"; touch "{log}.installed" ;;
  "-m mlx_lm") exec "{python}" -c "{server}" "{here}" "$7" ;;
  *) exit 9 ;;
esac
"""
SERVER = """
import sys, threading
sys.path.insert(0, sys.argv[1])
from harness.scripted_chat_server import ScriptedChatServer
ScriptedChatServer(port=int(sys.argv[2]))
threading.Event().wait()
""".strip().replace("\n", "; ")


def checks_of(done):
    expect(done.stdout.startswith("{"), f"doctor says\n{done.stdout}{done.stderr}")
    return {check["name"]: check for check in json.loads(done.stdout)["checks"]}


def test_looks_at_the_models_that_are_meant(h):
    server = h.own_server(models=f"again={h.model}")
    flags = ("doctor", "--port", server.port, "--json")
    key = {"ANYCLAUDE_API_KEY": server.key}
    checks = checks_of(h.run(*flags, home=server.home, **key))
    expect(str(h.model) in checks["model"]["text"], f"the running one: {checks['model']}")
    expect("models" not in checks, f"others: {checks}")
    checks = checks_of(h.run(*flags, "--models", f"again={h.model}", home=server.home, **key))
    expect(checks["models"]["text"].startswith("on demand: again (llama, "), f"{checks['models']}")
    checks = checks_of(h.run(*flags, "--models", "again=gone", home=server.home, **key))
    expect_equal(checks["models"]["level"], "fail", "level of a model that is gone")


def test_tells_what_a_server_has(h):
    upstream = ScriptedChatServer()
    client = {"PATH": f"{h.setup.claude.parent}:{os.environ['PATH']}"}
    arguments = ("doctor", "--backend", "openai", "--openai-url", upstream.url, "--port",
                 h.free_port(), "--json")
    done = h.run(*arguments, **client)
    checks = checks_of(done)
    expect_equal(done.returncode, 0, f"exit code\n{done.stdout}")
    expect(MODEL in checks["backend"]["text"], f"the model: {checks['backend']}")
    expect(f"{CONTEXT:,}" in checks["context"]["text"], f"the context: {checks['context']}")
    expect_equal(checks["tools"]["text"], "the server's own", "the tools")
    expect("model" not in checks, "it asks for a model of its own")
    upstream.close()
    gone = h.run(*arguments, **client)
    expect_equal(gone.returncode, 1, "exit code without a server")
    expect("Nothing answers at" in checks_of(gone)["backend"]["text"], gone.stdout)


def test_fix_installs_and_starts_what_is_missing(h):
    home = Home(h.scratch)
    programs = home.path / "programs"
    programs.mkdir()
    log = home.path / "asked"
    python = programs / "python3"
    python.write_text(PYTHON.format(log=log, python=sys.executable, server=SERVER,
                                    here=os.path.dirname(__file__)))
    python.chmod(0o755)
    model = home.path / "model"
    model.mkdir()
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        (model / name).touch()
    port = h.free_port()
    # The shell's own programs, but no Python of this machine.
    tools = home.path / "tools"
    tools.mkdir()
    for name in ("mkdir", "cp", "touch", "sh"):
        (tools / name).symlink_to(f"/bin/{name}")
    arguments = ("doctor", "--backend", "mlx-lm", "--remote-model", model, "--mlx-lm-url",
                 f"http://127.0.0.1:{port}/v1", "--json", "--port", h.free_port())
    environment = {"PATH": f"{programs}:{tools}:{h.setup.claude.parent}"}
    done = h.run(*arguments, "--fix", home=home, **environment)
    checks = checks_of(done)
    process = int(done.stderr.split("it runs as process ")[1].split(";")[0])
    try:
        expect("==> " in done.stderr and "fetching" in done.stderr, f"it shows\n{done.stderr}")
        expect_equal(checks["mlx-lm"]["level"], "ok", "mlx-lm")
        expect("9.9.9" in checks["mlx-lm"]["text"], f"its version: {checks['mlx-lm']}")
        expect(MODEL in checks["backend"]["text"], f"the server: {checks['backend']}")
        venv = home.path / "cache" / "anyclaude" / "mlx-lm"
        asked = [line for line in log.read_text().splitlines() if line.startswith("-m ")]
        expect_equal(asked[0], f"-m venv {venv}", "first")
        expect(asked[1].startswith("-m pip install"), f"then {asked[1]}")
        expect_equal(asked[2], f"-m mlx_lm server --model {model} --port {port}", "last")
    finally:
        os.kill(process, 15)
    wait_until(lambda: not os.path.exists(f"/proc/{process}"), "the server has ended")
