"""The real Claude Code, started by the launcher, against the embedded engine."""
import json
import os

from harness import Home, computed_tokens, expect, expect_equal, prompt_tokens, wait_until
from harness.json_schema import complaints
from harness.project import SHORT, Project, result_of


def check_usage(project, before):
    """Every answer's usage is true: the sum of what was computed is what the engine counted."""
    said = project.proxy.messages()
    expect(said, "the client asked nothing")
    for exchange in said:
        expect_equal(exchange.status, 200, f"status ({exchange.reply[:300]!r})")
        expect_equal(exchange.events()[-1]["type"], "message_stop", "the last event")
    computed = sum(computed_tokens(exchange.usage()) for exchange in said)
    expect_equal(project.server.prefilled() - before, computed,
                 "the engine's count beside what was reported")
    return sum(prompt_tokens(exchange.usage()) for exchange in said), computed


def test_print_and_continue(h):
    """Cold once, and then only what is new."""
    project = Project(h)
    before = project.server.prefilled()
    result_of(project.claude("-p", "Say hello in five words.", "--output-format", "json", **SHORT))
    prompt, cold = check_usage(project, before)
    expect(prompt > 1000, f"a prompt of {prompt} tokens is not Claude Code's")
    spoken = sum(exchange.usage()["output_tokens"] for exchange in project.proxy.messages())

    before = project.server.prefilled()
    result_of(project.claude("-p", "--continue", "And now in two words.", "--output-format",
                             "json", **SHORT))
    again, warm = check_usage(project, before)
    expect(again > prompt, f"the second prompt has {again} tokens, the first had {prompt}")
    expect(warm <= spoken + 100, f"the second turn computed {warm} tokens; "
           f"the first answer had {spoken}, the new question about 20")
    h.note(f"cold {cold} of {prompt} tokens, then {warm} of {again}")
    project.proxy.close()


def tool_blocks(lines, role, kind):
    return [block for line in lines if line.get("type") == role
            for block in line["message"]["content"]
            if isinstance(block, dict) and block.get("type") == kind]


def cut_call(exchange):
    """The id of the call that the output limit cut short, or None."""
    events = exchange.events()
    ends = [event["delta"]["stop_reason"] for event in events if event["type"] == "message_delta"]
    calls = [event["content_block"]["id"] for event in events
             if event.get("content_block", {}).get("type") == "tool_use"]
    return calls[-1] if calls and ends == ["max_tokens"] else None


def test_tool_loop(h):
    """The grammar holds SmolLM2 to calling tools; the client runs them and sends the results.

    What the model writes into a call is left to its dice, so it gets a tool that can only read; and
    one whose text has no end is cut by the output limit, which the client answers with an error.
    A run of which all calls were cut shows nothing, and is done again.
    """
    expect(any(looped(h) for _ in range(3)), "the output limit cut all calls of three runs")


def looped(h):
    """One run of the client; whether a call of it was whole."""
    project = Project(h)
    before = project.server.prefilled()
    done = project.claude(
        "-p", "Read notes.txt and say what it says.", "--tools", "Read", "--max-turns", "3",
        "--output-format", "stream-json", "--verbose",
        CLAUDE_CODE_EXTRA_BODY='{"tool_choice":{"type":"any"},"max_tokens":400}')
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    expect(lines, f"no output: {done.stderr}")
    check_usage(project, before)

    said = project.proxy.messages()
    cut = {cut_call(exchange) for exchange in said}
    calls = tool_blocks(lines, "assistant", "tool_use")
    results = tool_blocks(lines, "user", "tool_result")
    expect(len(calls) >= 2, f"{len(calls)} tool calls in\n{done.stdout[-3000:]}")
    expect_equal(said[0].payload["tool_choice"], {"type": "any"}, "the tool_choice that was sent")
    schemas = {tool["name"]: tool["input_schema"] for tool in said[0].payload["tools"]}
    whole = [call for call in calls if call["id"] not in cut]
    for call in whole:
        expect(call["name"] in schemas, f"{call['name']} is no tool of {sorted(schemas)}")
        wrong = complaints(call["input"], schemas[call["name"]])
        expect(not wrong, f"{call['name']} {call['input']}: {wrong}")
    answered = {block["tool_use_id"] for block in results}
    expect(answered <= {call["id"] for call in calls}, f"results of unknown calls: {answered}")
    if whole:
        expect(answered & {call["id"] for call in whole}, "no result of a whole call came back")
    invalid = [block for block in results if block["tool_use_id"] not in cut
               and "InputValidationError" in json.dumps(block)]
    expect(not invalid, f"the client refused inputs: {invalid}")
    h.note(f"{len(whole)} of {len(calls)} calls whole, {len(results)} results")
    project.proxy.close()
    return bool(whole)


def answers_in_prompts(project):
    """Old answers in this run's requests, and in this server's prompts as sampled and as text."""
    asked = sum(message["role"] == "assistant" for exchange in project.proxy.messages()
                for message in exchange.payload["messages"])
    return [asked] + [int(project.server.metric("anyclaude_prompt_answers_total", **{"as": form}))
                      for form in ("sampled", "text")]


def test_answers_come_back_as_sampled(h):
    """Whatever the client wrote anew is known as what was sampled: texts after a restart, calls."""
    arguments = ("--tools", "Read", "--output-format", "json")
    first = Project(h, h.own_server())
    result_of(first.claude("-p", "Say hello in five words.", *arguments, **SHORT))
    first.server.stop()

    project = Project(h, h.own_server(home=first.home))
    result_of(project.claude("-p", "--continue", "And in two words.", *arguments, **SHORT))
    asked, sampled, text = answers_in_prompts(project)
    expect_equal((sampled, text), (asked, 0), "answers as sampled and as text, after the restart")
    expect(asked >= 1, "no answer came back")
    usage = project.proxy.messages()[0].usage()
    expect(computed_tokens(usage) <= 100, f"computed after the restart: {usage}")

    project.claude("-p", "--continue", "Read notes.txt.", *arguments, "--max-turns", "3",
                   CLAUDE_CODE_EXTRA_BODY='{"tool_choice":{"type":"any"},"max_tokens":120}')
    called, sampled, text = answers_in_prompts(project)
    expect_equal((sampled, text), (asked + called, 0), "answers as sampled and as text, with calls")
    expect(called >= 2 + 3 + 4, f"{called} answers in prompts: no call came back")
    h.note(f"computed {computed_tokens(usage)} of {prompt_tokens(usage)} after the restart")
    for each in (first, project):
        each.proxy.close()


def test_exit_code_and_arguments_pass_through(h):
    """The launcher adds nothing to what the client answers, and returns its exit code."""
    project = Project(h)
    version = project.claude("--version")
    expect_equal(version.returncode, 0, "exit code of --version")
    expect("Claude Code" in version.stdout, version.stdout)
    wrong = project.claude("--no-such-option")
    expect(wrong.returncode != 0, "the exit code of a client that failed")
    project.proxy.close()


def test_starts_a_server_where_none_runs(h):
    """From nothing: server started in the background, found by a second launcher, then stopped."""
    home = Home(h.scratch)
    environment = {"PATH": f"{h.setup.claude.parent}:{os.environ['PATH']}", "IS_SANDBOX": "1",
                   "ANYCLAUDE_PORT": str(h.free_port())}
    common = ["--model", h.model]
    done = h.run(*common, "--", "--version", home=home, **environment)
    expect_equal(done.returncode, 0, f"exit code: {done.stderr}")
    status = h.run("status", "--json", home=home, **environment)
    expect_equal(status.returncode, 0, f"status: {status.stdout}{status.stderr}")
    first = json.loads(status.stdout)
    h.run(*common, "--", "--version", home=home, **environment)
    second = json.loads(h.run("status", "--json", home=home, **environment).stdout)
    expect_equal(second["pid"], first["pid"], "the server of the second launcher")
    secrets = [path for path in home.path.rglob("*") if path.is_file()
               and path.name in ("key", "server.json", "state.json")]
    for path in secrets:
        expect_equal(path.stat().st_mode & 0o077, 0, f"mode of {path.name}")
    stopped = h.run("stop", home=home, **environment)
    expect_equal(stopped.returncode, 0, f"stop: {stopped.stdout}{stopped.stderr}")
    wait_until(lambda: not os.path.exists(f"/proc/{first['pid']}")
               if os.path.isdir("/proc/self") else True, "the server has ended")
    gone = h.run("status", home=home, **environment)
    expect(gone.returncode != 0, f"status without a server: {gone.stdout}")
