"""The five cases that tell most of the dashboard: these run with `make test` too."""
import json
import re
import threading

from dashboard import Dashboard
from harness import body, computed_tokens, expect, expect_equal, prose, text, user, wait_until
from harness.conversation import prompt_tokens
from harness.scripted_chat_server import ScriptedChatServer

MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script>"
MARKUP_AS_NAME = "<img/src=x/onerror=alert(3)>"  # models' have no blanks
COMPUTED_S = 240  # time for a prompt and its answer, on a busy machine too


def test_a_request_is_shown_while_it_is_answered(h):
    """Its progress, and in the end the counts that its client was told."""
    server = h.own_server(context="8k")
    with Dashboard(h, server) as board:
        board.wait_live()
        running = board.section("Running now")
        expect("anyclaude" in running.inner_text(), "the empty page does not say how to begin")
        usage = {}

        def ask():
            stream = server.stream(body(prose(801, 1500), max_tokens=60),
                                   {"x-claude-code-session-id": "session-of-the-test"})
            expect_equal(stream.status, 200, "status")
            for _ in stream:
                pass
            usage.update(stream.usage)

        client = threading.Thread(target=ask)
        client.start()
        shown, tokens_done = set(), set()

        def ended():
            """Looks at the page as a user does, all the time that it takes."""
            told, done = board.page.evaluate("""() => {
                const running = document.querySelector(".running");
                const bar = running.querySelector("[role=progressbar]");
                return [running.innerText, bar && bar.ariaValueNow];
            }""")
            shown.add(told)
            tokens_done.add(done)
            return usage and "Nothing right now" in told
        wait_until(ended, "the request ends, and the page says so", COMPUTED_S)
        client.join()
        for what in (r"Reading the prompt\s", r"Reading the prompt\s.* left",
                     r"Answering\s+\d+ tokens? · [\d.]+ tokens/s", "session session-…",
                     r"prompt tokens: 0 reused, [\d,]+ new"):
            expect(any(re.search(what, told) for told in shown), f"never shown: {what}\n{shown}")
        expect(not any("NaN" in told for told in shown), f"what is no number: {shown}")
        expect(len(tokens_done - {None}) >= 3, f"the bar of the prompt was at {tokens_done}")
        board.rows().first.click()
        told = board.page.get_by_role("dialog").inner_text()
        expect(f"a prompt of {prompt_tokens(usage):,} tokens" in told, f"{usage}: {told}")
        expect(f"{computed_tokens(usage):,} new" in told, f"{usage}: {told}")
        expect(f"{usage['output_tokens']} tokens" in told, f"{usage}: {told}")
        expect("session-of-the-test" in told, told)


def test_the_next_request_goes_where_the_mode_says(h):
    servers = {"openai": ScriptedChatServer(), "anthropic": ScriptedChatServer()}
    server = h.own_server(mode="openai", openai_url=servers["openai"].url,
                          anthropic_url=servers["anthropic"].host)
    with Dashboard(h, server) as board:
        board.wait_live()
        for mode in ("anthropic", "openai"):
            button = board.button(mode, exact=True)
            button.click()
            board.page.locator(f'button[aria-pressed="true"]:text-is("{mode}")').wait_for()
            reply = server.ask(body(user([text(f"Hello, {mode}.")])))
            expect_equal(reply.headers.get("x-anyclaude-backend"), mode, "who has answered")
            board.wait_for_text(board.rows().first.locator(".backend"), f"^{mode}$",
                                "who has answered, on the page")
        expect_equal(server.get("/api/mode").json["mode"], "openai", "the mode in the end")
    for one in servers.values():
        one.close()


def test_what_is_thrown_out_is_computed_again(h):
    server = h.own_server()
    kept, thrown = body(prose(811, 300), max_tokens=1), body(prose(812, 300), max_tokens=1)
    for payload in (kept, thrown):
        server.answer(payload)
    with Dashboard(h, server) as board:
        board.wait_live()
        tree = board.page.get_by_role("list", name="Kept prompts")
        row = tree.get_by_role("listitem").filter(has_text="Report number 812")
        row.wait_for()
        row.get_by_role("button", name="Prune").click()
        dialog = board.page.get_by_role("dialog")
        dialog.get_by_role("button", name="Keep it").click()
        dialog.wait_for(state="detached")
        row.get_by_role("button", name="Prune").click()
        dialog.get_by_role("button", name="Throw it out").click()
        dialog.wait_for(state="detached")
        row.wait_for(state="detached")
        board.wait_for_text(board.page.locator(".notice"), "Thrown out; .* free", "what came of it")
        expect(tree.get_by_text("Report number 811").count() == 1, "the other one is gone too")
    # A conversation may stand in the engine's cells for as long as they have room.
    server.stop()
    server = h.own_server(home=server.home)
    again = server.answer(thrown)["usage"]
    expect(computed_tokens(again) > 0.8 * prompt_tokens(again), f"thrown out, and known: {again}")
    still = server.answer(kept)["usage"]
    expect(computed_tokens(still) < 0.2 * prompt_tokens(still), f"kept, and not known: {still}")


def test_names_are_shown_and_never_run(h):
    """Of models, sessions, agents, tools, and in the user's first words."""
    server = h.own_server(model_id=MARKUP_AS_NAME)
    tool = {"name": "look", "description": MARKUP, "input_schema": {"type": "object"}}
    for words in ("a", "b"):
        server.answer({**body(f"{MARKUP} {words}", max_tokens=1), "model": MARKUP_AS_NAME,
                       "tools": [tool] if words == "b" else []},
                      {"x-claude-code-session-id": MARKUP, "x-claude-code-agent-id": MARKUP})
    with Dashboard(h, server) as board:
        board.wait_live()
        board.page.get_by_role("list", name="Kept prompts").get_by_role("listitem").first.wait_for()
        board.wait_for_text(board.rows(), "<img src", "the session")
        board.wait_for_text(board.page.locator(".tree"), "<img src", "the first words")
        board.rows().first.click()
        expect(MARKUP in board.page.get_by_role("dialog").inner_text(), "the session is not shown")
        expect(MARKUP_AS_NAME in board.page.locator(".models").inner_text(), "no name of the model")
        made = board.page.evaluate(
            "[...document.querySelectorAll('img, body script')].map((one) => one.outerHTML)")
        expect(len(made) == 1 and "favicon.svg" in made[0], f"elements of the names: {made}")


def test_the_key_lets_in_and_leaves_the_address(h):
    server = h.server()
    with Dashboard(h, server, key="", allowed="status of 401") as board:
        field = board.page.get_by_label("The owner's key")
        field.wait_for()
        expect(board.section("Running now").count() == 0, "it is shown without a key")
        field.fill("not-the-key")
        field.press("Enter")
        board.wait_for_text(board.page.get_by_role("alert"), "key", "that the key is wrong")
        field.fill(server.key)
        field.press("Enter")
        board.wait_live()
    with Dashboard(h, server) as board:
        board.wait_live()
        expect_equal(board.page.url, board.url, "the address")
        expect_equal(board.page.evaluate("history.length"), 2, "entries of the tab's history")
        expect(server.key not in json.dumps(board.page.evaluate("({...localStorage})")),
               "the key outlives the tab")
        board.page.reload()
        board.wait_live()
