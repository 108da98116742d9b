"""Another server of models answers: the real Claude Code works through it, with its tools or with
tools that are told in words."""
import json
import os

from harness import Home, expect, expect_equal
from harness.conversation import body, text, user
from harness.project import Project, result_of
from harness.scripted_chat_server import CONTEXT, MODEL, ScriptedChatServer


def work_in(folder):
    """What the model does: one file written, read, changed, and a command."""
    path = str(folder / "plan.txt")
    return [("Write", {"file_path": path, "content": "Open the bridge.\n"}),
            ("Read", {"file_path": path}),
            ("Edit", {"file_path": path, "old_string": "Open", "new_string": "Close"}),
            ("Bash", {"command": "cat plan.txt > done.txt", "description": "Copy the plan"}),
            "All done."]


def work_is_done(h, form, **options):
    """What the client sent, and what the server got."""
    upstream = ScriptedChatServer()
    where = {"openai_url": upstream.url} if form == "openai" else {"anthropic_url": upstream.host}
    server = h.own_server(mode=form, **where, **options)
    project = Project(h, server)
    upstream.answers = work_in(project.folder)
    done = project.claude("-p", "Close the bridge.", "--tools", "Bash,Edit,Read,Write",
                          "--dangerously-skip-permissions", "--output-format", "json")
    expect_equal(result_of(done)["result"], "All done.", "the answer")
    for name in ("plan.txt", "done.txt"):
        path = project.folder / name
        expect(path.exists(), f"{name} was not written\n{done.stdout}")
        expect_equal(path.read_text(), "Close the bridge.\n", name)
    sent = [exchange.payload for exchange in project.proxy.messages()]
    project.proxy.close()
    upstream.close()
    return sent, upstream


def works_with(h, form="openai", **options):
    _, upstream = work_is_done(h, form, **options)
    asked = upstream.main_requests()
    expect_equal(len(asked), 5, "requests of the main conversation")
    # What the server has computed of a turn is the beginning of the next.
    for before, after in zip(asked, asked[1:]):
        expect_equal(after.get("tools"), before.get("tools"), "the tools of the next turn")
        expect_equal(after["messages"][:len(before["messages"])], before["messages"],
                     "the beginning of the next turn")
    return asked


def test_files_change_by_the_servers_own_tools(h):
    asked = works_with(h)
    expect(all("tools" in body for body in asked), "the server was not told of the tools")
    expect_equal({body["model"] for body in asked}, {MODEL}, "the model that was asked")


def test_files_change_by_tools_told_in_words(h):
    asked = works_with(h, remote_tools="emulated")
    expect(not any("tools" in body for body in asked), "tools were sent to a server without them")
    last = asked[-1]["messages"]
    expect("<tool_call>" in last[2]["content"], f"the first call is not told: {last[2]}")
    expect("<tool_response>" in last[3]["content"], f"its result is not told: {last[3]}")


def test_the_launcher_needs_no_model_of_its_own(h):
    upstream = ScriptedChatServer()
    home = Home(h.scratch)
    environment = {"PATH": f"{h.setup.claude.parent}:{os.environ['PATH']}", "IS_SANDBOX": "1",
                   "ANYCLAUDE_PORT": str(h.free_port()), "OPENAI_BASE_URL": upstream.url}
    done = h.run("--mode", "openai", "--", "-p", "Hello", "--output-format", "json", home=home,
                 **environment)
    expect_equal(result_of(done)["result"], "All done.", "the answer")
    stopped = h.run("stop", home=home, **environment)
    expect_equal(stopped.returncode, 0, f"stop: {stopped.stdout}{stopped.stderr}")
    upstream.close()


def test_files_change_through_a_server_of_messages(h):
    asked = works_with(h, "anthropic")
    expect(all("tools" in body for body in asked), "the server was not told of the tools")
    expect(not any("cache_control" in str(body) for body in asked), "marks came through")


def test_requests_pass_on_as_they_were_sent(h):
    sent, upstream = work_is_done(h, "anthropic", anthropic_requests="as-sent",
                                  anthropic_key="theirs")
    expect_equal(upstream.asked, sent, "what the server got, beside what the client sent")
    expect("cache_control" in json.dumps(sent), "there is nothing that would be left out")


def test_models_and_counts(h):
    upstream = ScriptedChatServer()
    server = h.own_server(mode="openai", openai_url=upstream.url)
    models = server.get("/v1/models").json["data"]
    expect_equal([model["id"] for model in models], [MODEL], "the models")
    answer = server.answer(body(user([text("Hello")])))
    expect_equal(answer["content"], [{"type": "text", "text": "All done."}], "the answer")
    reply = server.ask(body(user([text("Hello")])))
    expect_equal(reply.headers["x-anyclaude-backend"], "openai", "the backend")
    status = h.run("status", home=server.home, ANYCLAUDE_PORT=str(server.port))
    expect(f"{CONTEXT} tokens" in status.stdout, f"status says\n{status.stdout}")
    upstream.close()


def test_a_server_that_is_gone(h):
    upstream = ScriptedChatServer()
    server = h.own_server(mode="openai", openai_url=upstream.url)
    upstream.close()
    reply = server.ask(body(user([text("Hello")])))
    expect(reply.status in (502, 503, 529), f"status {reply.status}")
    expect("Nothing answers at http://127.0.0.1:" in reply.json["error"]["message"],
           f"it says {reply.text}")
