"""Who answers is chosen while the server runs: by the user, by mode auto, among several servers."""
import threading
import time

from harness import expect, expect_equal
from harness.conversation import body, text, user
from harness.project import Project, result_of
from harness.scripted_chat_server import ScriptedChatServer

LOOKS_AGAIN_S = 3  # at a server that was gone (engine/remote/options.h)


def mode(h, server, *name):
    done = h.run("mode", *name, home=server.home, ANYCLAUDE_PORT=str(server.port),
                 ANYCLAUDE_API_KEY=server.key)
    expect_equal(done.returncode, 0, f"mode {name}: {done.stdout}{done.stderr}")
    return done.stdout


def test_the_mode_changes_within_a_conversation(h):
    first, second = ScriptedChatServer(), ScriptedChatServer()
    server = h.own_server(mode="openai", openai_url=first.url, anthropic_url=second.host)
    project = Project(h, server)
    path = str(project.folder / "plan.txt")

    def write_and_switch():
        expect("* anthropic" in mode(h, server, "anthropic"), "the new mode is not shown")
        return "Write", {"file_path": path, "content": "Open the bridge.\n"}

    first.answers = [write_and_switch]
    second.answers = [("Read", {"file_path": path}),
                      ("Edit", {"file_path": path, "old_string": "Open", "new_string": "Close"}),
                      "All done."]
    flags = ("--tools", "Edit,Read,Write", "--dangerously-skip-permissions",
             "--output-format", "json")
    done = project.claude("-p", "Close the bridge.", *flags)
    expect_equal(result_of(done)["result"], "All done.", "the answer")
    expect_equal((project.folder / "plan.txt").read_text(), "Close the bridge.\n", "plan.txt")
    expect_equal(len(first.main_requests()), 1, "requests to the first server")
    expect_equal(len(second.main_requests()), 3, "requests to the second server")
    expect("Open the bridge" in str(second.main_requests()[0]["messages"]),
           "the call of the first server is not told to the second")

    reply = server.request("PUT", "/api/mode", {"mode": "openai"})
    expect_equal(reply.status, 200, reply.text)
    expect_equal(reply.json["mode"], "openai", "the mode")
    result_of(project.claude("-p", "Is it closed?", "--continue", *flags))
    last = first.main_requests()[-1]
    expect_equal(len(first.main_requests()), 2, "requests to the first server")
    expect("Close the bridge" in str(last["messages"]) and "Edit" in str(last["messages"]),
           "what the second server did is not told to the first")
    project.proxy.close()
    first.close()
    second.close()


def test_the_mode_survives_a_restart(h):
    upstream = ScriptedChatServer()
    server = h.own_server(openai_url=upstream.url)
    expect("* embedded" in mode(h, server), "a server without a mode is embedded")
    mode(h, server, "openai")
    server.stop()
    again = h.own_server(home=server.home, openai_url=upstream.url)
    reply = again.ask(body(user([text("Hello")])))
    expect_equal(reply.headers["x-anyclaude-backend"], "openai", "the backend after a restart")
    expect(reply.headers["x-anyclaude-reason"].startswith("the mode"), "the reason")
    expect_equal(again.get("/metrics").text.count("anyclaude_engine_prefill"), 0,
                 "metrics of an engine that nobody asked for")
    again.stop()
    said = h.run("mode", "lmstudio", home=server.home, ANYCLAUDE_PORT=str(h.free_port()))
    expect("the next one begins with it" in said.stdout, said.stdout)
    wrong = h.run("mode", "anthropic", home=server.home, ANYCLAUDE_PORT=str(h.free_port()))
    expect(wrong.returncode == 1 and "lmstudio" in wrong.stderr, f"{wrong.stdout}{wrong.stderr}")
    upstream.close()


def test_a_mode_that_is_none_is_refused(h):
    upstream = ScriptedChatServer()
    server = h.own_server(mode="openai", openai_url=upstream.url)
    for order, words in (({"mode": "anthropic"}, "choose one of"), ({}, "There is no mode"),
                         ({"mode": 3}, "mode"), ({"modes": "auto"}, "modes")):
        reply = server.request("PUT", "/api/mode", order)
        expect_equal(reply.status, 400, reply.text)
        expect(words in reply.json["error"]["message"], reply.text)
    expect_equal(server.request("PUT", "/api/mode", {"mode": "auto"}, key=False).status, 401,
                 "without a key")
    expect_equal(server.get("/api/mode").json["mode"], "openai", "the mode")
    upstream.close()


def test_a_fleet_answers_while_one_of_it_dies(h):
    fleet = [ScriptedChatServer() for _ in range(3)]
    server = h.own_server(mode="vllm", vllm_url=",".join(one.url for one in fleet))

    def all_ready():
        return all(one["ready"] for one in server.get("/api/mode").json["servers"]
                   if one["mode"] == "vllm")

    wait_for(all_ready, "the fleet is ready")
    statuses, where = [], {}
    half_way = threading.Barrier(9)

    def converse(number):
        # Heads of their own, so that every server has some.
        head = {"system": [text(f"You are number {number}. " * 50)]}
        for turn in range(40):
            if turn == 20:
                half_way.wait()
            reply = server.ask({**body(user([text(f"Turn {turn}")])), **head},
                               {"x-claude-code-session-id": f"session-{number}"})
            statuses.append(reply.status)
            where.setdefault(number, []).append(reply.headers.get("x-anyclaude-backend"))

    threads = [threading.Thread(target=converse, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    half_way.wait()
    names = [answers[-1] for answers in where.values()]
    dead = int(max(set(names), key=names.count)[-1]) - 1
    fleet[dead].close()
    for thread in threads:
        thread.join()
    expect_equal(sorted(set(statuses)), [200], "statuses while a server dies")
    expect_equal(len(statuses), 320, "answers")
    # By the prefix: each conversation stays where its first answer came from.
    stayed = sum(name == answers[0] for answers in where.values() for name in answers[:20])
    h.note(f"{stayed} of 160 requests went where their prefix was")
    expect(stayed >= 150, f"only {stayed} of 160 requests went where their prefix was")
    gone = f"vllm-{dead + 1}"
    expect(not any(answers[-1] == gone for answers in where.values()), "a dead server answered")

    fleet[dead] = ScriptedChatServer(port=fleet[dead].port)
    begin = time.monotonic()
    wait_for(all_ready, "the dead server is back")
    h.note(f"a server that came back was used after {time.monotonic() - begin:.1f} s")
    for one in fleet:
        one.close()


def wait_for(condition, what):
    deadline = time.monotonic() + LOOKS_AGAIN_S + 2
    while not condition():
        expect(time.monotonic() < deadline, f"waited in vain: {what}")
        time.sleep(0.02)


def test_mode_auto_tells_why(h):
    """A session of the real client between two servers, of which one dies: each decision has a
    reason, and can be read back with all that it was made from."""
    servers = {"openai": ScriptedChatServer(), "anthropic": ScriptedChatServer()}
    server = h.own_server(mode="auto", model="none", openai_url=servers["openai"].url,
                          anthropic_url=servers["anthropic"].host, route="background=anthropic")
    project = Project(h, server, flags=())
    path = str(project.folder / "plan.txt")
    flags = ("--tools", "Edit,Read,Write", "--dangerously-skip-permissions",
             "--output-format", "json")

    def count(begin, end, *more):
        work = [("Edit", {"file_path": path, "old_string": f"{n}", "new_string": f"{n + 1}"})
                for n in range(begin, end)]
        if begin == 0:
            work.insert(0, ("Write", {"file_path": path, "content": "0\n"}))
        for one in servers.values():  # whoever is asked does the next step
            one.answers = work
        work.append("All done.")
        done = project.claude("-p", f"Count to {end} in plan.txt.", *more, *flags)
        expect_equal(result_of(done)["result"], "All done.", "the answer")
        expect_equal((project.folder / "plan.txt").read_text(), f"{end}\n", "plan.txt")

    def decisions():
        return server.get("/api/decisions").json["decisions"]

    count(0, 28)
    last = decisions()[-1]["server"]
    servers[last].close()
    count(28, 38, "--continue")
    made = decisions()
    expect(len(made) >= 40, f"{len(made)} decisions")
    expect(made[-1]["server"] != last, f"{last} is gone, and was chosen: {made[-1]}")
    for decision in made:
        expect(decision["reason"] and decision["server"], f"no reason: {decision}")
        expect(len(decision["candidates"]) >= 2, f"nothing to choose: {decision}")
    h.note(f"{len(made)} decisions; the last: {made[-1]['server']}: {made[-1]['reason']}")
    project.proxy.close()
    for one in servers.values():
        if not one.closed:
            one.close()
