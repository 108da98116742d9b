"""A page that stays open: through restarts, errors, and more requests than it can draw."""
import time

from dashboard import Dashboard
from harness import at_once, body, expect, expect_equal, prose, text, user, wait_until
from harness.scripted_chat_server import ScriptedChatServer

MARKUP = "<img src=x onerror=alert(1)>"
REQUESTS = 10_000
CLIENTS = 4
GONE = "Failed to load resource|ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY"


def test_the_server_starts_anew_while_it_is_open(h):
    upstream = ScriptedChatServer()
    port = h.free_port()
    options = {"port": port, "mode": "openai", "openai_url": upstream.url}
    server = h.own_server(**options)
    for number in range(3):
        server.ask(body(user([text(f"Before {number}")])))
    with Dashboard(h, server, allowed=GONE) as board:
        board.wait_live()
        board.rows().nth(2).wait_for()
        for _ in range(2):
            server.kill()
            board.page.locator(".connection.lost").wait_for()
            board.wait_for_text(board.page.locator(".banner"), "may be old", "what is wrong")
            server = h.own_server(home=server.home, **options)
            server.ask(body(user([text("Afterwards")])))
            board.wait_live()
            wait_until(lambda: board.rows().count() == 1, "the rows of the new server alone")
            expect_equal(board.page.locator(".banner").count(), 0, "banners")
        server.ask(body(user([text("And once more")])))
        board.rows().nth(1).wait_for()
        expect_equal(board.rows().count(), 2, "rows")
    upstream.close()


def test_what_is_refused_says_why(h):
    """By the server, and where there is none any more."""
    first, second = ScriptedChatServer(), ScriptedChatServer()
    server = h.own_server(mode="openai", openai_url=first.url, anthropic_url=second.host)
    with Dashboard(h, server, allowed=GONE) as board:
        board.wait_live()
        problem = board.section("Who answers").get_by_role("alert")
        # Another mode by the time that it is chosen; the server does not know it.
        board.page.route("**/api/mode", lambda route: route.continue_(
            post_data='{"mode": "' + MARKUP.replace('"', "'") + '"}'))
        board.button("anthropic", exact=True).click()
        board.wait_for_text(problem, "There is no mode .*choose one of", "the server's words")
        expect(MARKUP in problem.inner_text(), problem.inner_text())
        pressed = board.page.locator('.modes button[aria-pressed="true"]').inner_text()
        expect_equal(pressed, "openai", "the mode that is shown")
        board.page.unroute("**/api/mode")
        server.kill()
        board.button("anthropic", exact=True).click()
        board.wait_for_text(problem, "cannot be reached", "what is wrong")
    first.close()
    second.close()


def test_errors_are_listed(h):
    """Of a request that failed, and of the log; the words of another server are shown, not run."""
    upstream = ScriptedChatServer(answers=[])
    upstream.answer = failing
    server = h.own_server(mode="openai", openai_url=upstream.url)
    with Dashboard(h, server) as board:
        board.wait_live()
        reply = server.ask(body(user([text("Hello")])))
        expect(reply.status >= 500, f"status {reply.status}: {reply.text}")
        log = board.section("Errors and warnings")
        board.wait_for_text(log, f"Warning.*\\s+{reply.headers['request-id']}: ", "it in the log")
        board.wait_for_text(board.rows(), "Failed: ", "the request that failed")
        board.rows().first.click()
        shown = board.page.get_by_role("dialog").locator(".problem").inner_text()
        expect_equal(shown, reply.error[1], "the error")
        board.page.keyboard.press("Escape")
    upstream.close()


def failing(*_):
    raise OSError("It ends the connection.")


def test_the_names_of_other_servers_are_shown_and_never_run(h):
    upstream = ScriptedChatServer(model=MARKUP)
    server = h.own_server(mode="openai", openai_url=upstream.url)
    server.ask(body(user([text("Hello")])))
    with Dashboard(h, server) as board:
        board.wait_live()
        board.wait_for_text(board.section("Who answers"), "<img src=x onerror", "the model's name")
        board.rows().first.wait_for()
    upstream.close()


def test_a_prompt_is_pinned_and_let_go(h):
    server = h.own_server()
    server.answer(body(prose(831, 200), max_tokens=1))

    def pinned():
        nodes = server.get("/api/cache/tree?limit=100").json["nodes"]
        return any(node["pinned"] for node in nodes)
    with Dashboard(h, server) as board:
        board.wait_live()
        row = board.page.locator(".node").filter(has_text="Report number 831")
        row.get_by_role("button", name="Pin").click()
        row.locator('button[aria-pressed="true"]').wait_for()
        expect(pinned(), "the server has not pinned it")
        row.get_by_role("button", name="Pin").click()
        row.locator('button[aria-pressed="false"]').wait_for()
        expect(not pinned(), "the server still has it pinned")


def test_ten_thousand_requests_do_not_slow_it(h):
    upstream = ScriptedChatServer()
    server = h.own_server(mode="openai", openai_url=upstream.url)
    begin = time.monotonic()

    def ask_many():
        for _ in range(REQUESTS // CLIENTS):
            server.ask(body(user([text("Hello")]), max_tokens=1))
    at_once([ask_many] * CLIENTS)
    h.note(f"{REQUESTS} requests in {time.monotonic() - begin:.0f} s")
    with Dashboard(h, server) as board:
        begin = time.monotonic()
        board.wait_live()
        board.rows().first.wait_for()
        opened_s = time.monotonic() - begin
        board.wait_for_text(board.section("Requests").locator(".count"), "10,000", "their number")
        drawn = []
        begin = time.monotonic()

        def at_the_end():
            drawn.append(board.rows().count())
            board.page.evaluate("""() => {
                const table = document.querySelector(".table");
                table.scrollTop = table.scrollHeight;
            }""")
            last = board.rows().last.get_attribute("aria-rowindex", timeout=5000)
            return int(last or 0) == REQUESTS + 1
        wait_until(at_the_end, "the first request comes into sight", 60)
        scrolled_s = time.monotonic() - begin
        expect(max(drawn) < 100, f"{max(drawn)} rows are drawn at once")
        begin = time.monotonic()
        board.page.get_by_label("Colours").select_option("dark")
        answered_s = time.monotonic() - begin
        h.note(f"open after {opened_s:.1f} s, at its end after {scrolled_s:.1f} s")
        expect(opened_s < 10 and answered_s < 3, f"{opened_s:.1f} s, then {answered_s:.1f} s")
        # What is new comes in above, and the page stays where one reads.
        before = board.page.evaluate("document.querySelector('.table').scrollTop")
        server.ask(body(user([text("Hello")]), max_tokens=1))
        wait_until(lambda: board.page.evaluate(
            "document.querySelector('.table').scrollTop") > before, "it stays at what one reads")
    upstream.close()
