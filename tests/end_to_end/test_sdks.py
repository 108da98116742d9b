"""The official SDKs of both APIs, for Python and TypeScript; what they do is in tests/sdk/."""
import os
import subprocess
from pathlib import Path

from harness import body, expect, expect_equal, prose

SDK_TESTS = Path(__file__).resolve().parent.parent / "sdk"


PROGRAMS = {"python": "python_sdk.py", "typescript": "typescript_sdk.mjs",
            "openai_python": "openai_python.py", "openai_typescript": "openai_typescript.mjs"}


def run(h, sdk, group, server):
    sdks = h.setup.sdks()
    in_python = PROGRAMS[sdk].endswith(".py")
    command = [sdks["python"]] if in_python else [sdks["node"]]
    command.append(SDK_TESTS / PROGRAMS[sdk])
    command += [group] if in_python else [sdks["node_folder"], group]
    url = f"http://127.0.0.1:{server.port}"
    environment = {"PATH": os.environ["PATH"], "HOME": str(server.home.path), "LANG": "C.UTF-8",
                   "ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": server.key,
                   "OPENAI_BASE_URL": f"{url}/v1", "OPENAI_API_KEY": server.key}
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


def test_openai_python_answers(h):
    run(h, "openai_python", "answers", h.server())


def test_openai_python_tools(h):
    run(h, "openai_python", "tools", h.server())


def test_openai_python_loop(h):
    run(h, "openai_python", "loop", h.server())


def test_openai_python_formats(h):
    run(h, "openai_python", "formats", h.server())


def test_openai_python_models(h):
    run(h, "openai_python", "models", h.server())


def test_openai_python_errors(h):
    run(h, "openai_python", "errors", h.server())


def test_openai_python_learns_that_a_prompt_is_too_long(h):
    run(h, "openai_python", "too_long", h.own_server(context=512))


def test_openai_typescript_answers(h):
    run(h, "openai_typescript", "answers", h.server())


def test_openai_typescript_tools(h):
    run(h, "openai_typescript", "tools", h.server())


def test_openai_typescript_formats(h):
    run(h, "openai_typescript", "formats", h.server())


def test_openai_typescript_models(h):
    run(h, "openai_typescript", "models", h.server())


def test_openai_typescript_errors(h):
    run(h, "openai_typescript", "errors", h.server())


# Both APIs are one engine and one cache: what a client of the one has computed, the other reads.
def test_both_apis_share_what_is_computed(h):
    server = h.own_server()
    text = prose(93, 500)
    asked = server.answer(body(text, max_tokens=1))["usage"]
    total = asked["input_tokens"] + asked["cache_read_input_tokens"]
    reply = server.request("POST", "/v1/chat/completions", {
        "model": "any", "max_tokens": 1, "messages": [{"role": "user", "content": text}]})
    expect_equal(reply.status, 200, f"status ({reply.text[:300]})")
    usage = reply.json["usage"]
    expect_equal(usage["prompt_tokens"], total, "the same prompt")
    cached = usage["prompt_tokens_details"]["cached_tokens"]
    expect(cached >= total - 1, f"{cached} of {total} tokens were read")
    expect("embedded" not in reply.text, f"the body names who answers: {reply.text}")
