"""The page with much on it, in build/ui: wide, on a phone, dark. To be looked at."""
import itertools
import threading

from dashboard import PHONE, Dashboard
from harness import assistant, body, prose, text, user, wait_until
from harness.scripted_chat_server import ScriptedChatServer

SESSIONS = ("5f2c1d6e-8a41", "9b7de2a0-17c3", "c04417f2-5ee8")
TOOLS = [{"name": name, "description": prose(number, 20), "input_schema": {"type": "object"}}
         for number, name in enumerate(("Bash", "Edit", "Read", "Write"))]
QUESTIONS = ("What is this project?", "Fix the flaky test of the scheduler.",
             "Rename the option everywhere, also in the guides.")


def converse(server, session, question, turns, tools=None):
    said = [user([text(question)])]
    for turn in range(turns):
        payload = body(*said, system=[text(prose(840, 80))], tools=tools or TOOLS, max_tokens=8,
                       temperature=0, tool_choice={"type": "none"})
        answer = server.answer(payload, {"x-claude-code-session-id": session})
        words = "".join(block.get("text", "") for block in answer["content"]) or "Done."
        said += [assistant([text(words)]), user([text(f"{prose(850 + turn, 20)} Go on.")])]


def test_pictures(h):
    fleet = [ScriptedChatServer() for _ in range(2)]
    server = h.own_server(context="8k", vllm_url=",".join(one.url for one in fleet),
                          lmstudio_url=f"http://127.0.0.1:{h.free_port()}/v1")
    for session, question in zip(SESSIONS, QUESTIONS):
        converse(server, session, question, 2)
    converse(server, SESSIONS[0], "Where is the cache?", 1, TOOLS[:2])
    server.request("PUT", "/api/mode", {"mode": "vllm"})
    wait_until(lambda: all(one["ready"] for one in server.get("/api/mode").json["servers"]
                           if one["mode"] == "vllm"), "the fleet is ready")
    for session, question in zip(SESSIONS, QUESTIONS):
        converse(server, session, question, 1)
    server.request("PUT", "/api/mode", {"mode": "lmstudio"})
    server.ask(body(user([text("Is anybody there?")])))
    server.request("PUT", "/api/mode", {"mode": "embedded"})

    stop = threading.Event()

    def ask_long(number):
        for seed in itertools.count(860 + number, step=10):
            stream = server.stream(body(prose(seed, 1200), max_tokens=100),
                                   {"x-claude-code-session-id": SESSIONS[number]})
            for _ in stream:
                if stop.is_set():
                    stream.leave()
                    return

    clients = [threading.Thread(target=ask_long, args=(number,)) for number in range(2)]
    for client in clients:
        client.start()
    try:
        for name, more in (("wide", {}), ("dark", {"dark": True}), ("phone", {"size": PHONE})):
            with Dashboard(h, server, **more) as board:
                board.wait_live()
                board.page.locator(".node").first.wait_for()
                wait_until(lambda: board.section("Running now").get_by_role("listitem").count(),
                           "something runs", 60)
                board.picture(name)
                if name == "wide":
                    board.rows().filter(has_text="New: ").first.click()
                    board.page.get_by_role("dialog").wait_for()
                    board.picture("request", full_page=False)
    finally:
        stop.set()
        for client in clients:
            client.join()
    for one in fleet:
        one.close()
