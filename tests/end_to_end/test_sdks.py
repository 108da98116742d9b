"""The official SDKs for Python and TypeScript; what they do is in tests/sdk/."""
import os
import subprocess
from pathlib import Path

from harness import body, expect, expect_equal, prose

SDK_TESTS = Path(__file__).resolve().parent.parent / "sdk"


def run(h, language, group, server):
    sdks = h.setup.sdks()
    command = {"python": [sdks["python"], SDK_TESTS / "python_sdk.py", group],
               "typescript": [sdks["node"], SDK_TESTS / "typescript_sdk.mjs", sdks["node_folder"],
                              group]}[language]
    environment = {"PATH": os.environ["PATH"], "HOME": str(server.home.path), "LANG": "C.UTF-8",
                   "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{server.port}",
                   "ANTHROPIC_API_KEY": server.key}
    done = subprocess.run([str(part) for part in command], env=environment, text=True,
                          capture_output=True, stdin=subprocess.DEVNULL, timeout=240)
    expect(done.returncode == 0, f"{group}:\n{done.stdout}{done.stderr}")
    held = sum(line.startswith("ok ") for line in done.stdout.splitlines())
    expect(held > 0, f"{group} checked nothing:\n{done.stdout}")
    h.note(f"{held} checks")


def test_python_answers(h):
    run(h, "python", "answers", h.server())


def test_python_tools(h):
    run(h, "python", "tools", h.server())


def test_python_models(h):
    run(h, "python", "models", h.server())


def test_python_errors(h):
    run(h, "python", "errors", h.server())


def test_typescript_answers(h):
    run(h, "typescript", "answers", h.server())


def test_typescript_tools(h):
    run(h, "typescript", "tools", h.server())


def test_typescript_models(h):
    run(h, "typescript", "models", h.server())


def test_typescript_errors(h):
    run(h, "typescript", "errors", h.server())


def test_both_learn_that_a_prompt_is_too_long(h):
    server = h.own_server(context=512)
    run(h, "python", "too_long", server)
    run(h, "typescript", "too_long", server)


def test_both_learn_that_the_queue_is_full(h):
    server = h.own_server(requests=1)
    running = server.stream(body(prose(71, 5000), max_tokens=1))
    expect_equal(next(iter(running))["type"], "message_start", "the first event")
    run(h, "python", "overloaded", server)
    run(h, "typescript", "overloaded", server)
    expect(server.in_flight() >= 1, "the queue was empty again: no proof")
    running.leave()
