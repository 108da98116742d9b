"""Whoever looks at it: with which key, on which screen, in which colours, with which hands."""
from dashboard import PHONE, WIDE, Dashboard
from harness import body, expect, expect_equal, prose, wait_until

KEYS = "ben=key-of-ben"


def with_something_to_see(h, **options):
    server = h.own_server(**options)
    for seed in (821, 821, 822):
        server.answer(body(prose(seed, 200), max_tokens=4))
    server.ask({"model": "local", "messages": []})
    return server


def test_axe_finds_nothing(h):
    server = with_something_to_see(h, keys=KEYS)
    for dark in (False, True):
        for size in (WIDE, PHONE):
            where = f"{'dark' if dark else 'light'}, {size['width']} pixels wide"
            with Dashboard(h, server, dark=dark, size=size) as board:
                board.wait_live()
                board.rows().first.wait_for()
                board.page.locator(".node").first.wait_for()
                board.expect_accessible(where)
                board.rows().first.click()
                board.page.get_by_role("dialog").wait_for()
                board.expect_accessible(f"{where}, a request")
                board.page.keyboard.press("Escape")
                board.page.locator(".node").first.get_by_role("button", name="Prune").click()
                board.page.get_by_role("dialog").wait_for()
                board.expect_accessible(f"{where}, the question before pruning")
        with Dashboard(h, server, key="", dark=dark, allowed="status of 401") as board:
            board.page.get_by_label("The owner's key").wait_for()
            board.expect_accessible(f"{'dark' if dark else 'light'}, the form for the key")


def test_axe_finds_nothing_on_an_empty_page(h):
    server = h.own_server()
    for dark in (False, True):
        with Dashboard(h, server, dark=dark) as board:
            board.wait_live()
            board.wait_for_text(board.section("Kept prompts"), "Empty", "the empty cache")
            board.expect_accessible("an empty page")


def test_it_fits_on_a_phone(h):
    server = with_something_to_see(h, model_id="a-model-with-a-very-long-name" * 5)
    for width in (320, 390, 768, 1024):
        with Dashboard(h, server, size={"width": width, "height": 800}) as board:
            board.wait_live()
            board.rows().first.wait_for()
            board.page.locator(".node").first.wait_for()
            board.expect_fits(f"{width} pixels")
            board.rows().first.click()
            board.page.get_by_role("dialog").wait_for()
            board.expect_fits(f"{width} pixels, a request")


def test_light_and_dark(h):
    server = h.server()

    def brightness(board):
        return board.page.evaluate("""() => {
            const probe = document.createElement("canvas").getContext("2d");
            probe.fillStyle = getComputedStyle(document.body).backgroundColor;
            const ground = getComputedStyle(document.documentElement).backgroundColor;
            probe.fillStyle = ground;
            return parseInt(probe.fillStyle.slice(1, 3), 16);
        }""")
    for dark in (False, True):
        with Dashboard(h, server, dark=dark) as board:
            board.wait_live()
            expect((brightness(board) < 64) == dark, f"system: {dark}, {brightness(board)}")
            choice = board.page.get_by_label("Colours")
            choice.select_option("light" if dark else "dark")
            expect((brightness(board) < 64) != dark, f"chosen against it: {brightness(board)}")
            board.page.reload()
            board.wait_live()
            expect((brightness(board) < 64) != dark, f"and after a reload: {brightness(board)}")
            board.page.get_by_label("Colours").select_option("system")
            expect((brightness(board) < 64) == dark, f"as the system: {brightness(board)}")
            board.page.emulate_media(color_scheme="light" if dark else "dark")
            expect((brightness(board) < 64) != dark, "the system changes while it is open")


def test_nothing_moves_for_those_who_want_that(h):
    with Dashboard(h, h.server(), reduced_motion="reduce") as board:
        board.wait_live()
        moving = board.page.evaluate("""[...document.querySelectorAll("*")].filter((one) => {
            const style = getComputedStyle(one);
            return style.animationName !== "none"
                || style.transitionDuration.split(",").some((time) => parseFloat(time) > 0);
        }).length""")
        expect_equal(moving, 0, "elements that move")


def test_without_a_mouse(h):
    server = with_something_to_see(h, mode="auto")
    with Dashboard(h, server) as board:
        board.wait_live()
        board.page.locator(".node").first.wait_for()
        keyboard = board.page.keyboard

        def go_to(name, presses_max=60):
            """With the tabulator, as far as that takes one."""
            for _ in range(presses_max):
                keyboard.press("Tab")
                focused = board.page.evaluate("""(() => {
                    const one = document.activeElement;
                    return (one.getAttribute("aria-label") || one.innerText || "").trim();
                })()""")
                if focused.startswith(name):
                    ring = board.page.evaluate(
                        "getComputedStyle(document.activeElement).outlineStyle")
                    expect(ring != "none", f"one does not see that {name} has the focus")
                    return
            expect(False, f"the tabulator does not get to {name!r}")

        go_to("Skip to the content")
        keyboard.press("Enter")
        go_to("embedded")
        keyboard.press("Enter")
        board.page.locator('button[aria-pressed="true"]:text-is("embedded")').wait_for()
        expect_equal(server.get("/api/mode").json["mode"], "embedded", "the mode")
        go_to("just now")
        keyboard.press("Enter")
        dialog = board.page.get_by_role("dialog")
        dialog.wait_for()
        keyboard.press("Escape")
        dialog.wait_for(state="detached")
        back = board.page.evaluate("document.activeElement.innerText")
        expect_equal(back, "just now", "where the focus is after a dialog")
        go_to("Pin: ")
        keyboard.press("Space")
        wait_until(lambda: board.page.evaluate(
            "document.activeElement.getAttribute('aria-pressed')") == "true", "it is pinned")
        go_to("Prune: ")
        keyboard.press("Enter")
        dialog.wait_for()
        expect_equal(board.page.evaluate("document.activeElement.innerText"), "Keep it",
                     "what Enter does in the question before pruning")
        keyboard.press("Enter")
        dialog.wait_for(state="detached")


def test_a_browser_that_keeps_nothing(h):
    blocked = "".join(
        f"Object.defineProperty(window, '{name}', "
        "{ get: () => { throw new DOMException('blocked', 'SecurityError'); } });"
        for name in ("localStorage", "sessionStorage"))
    with Dashboard(h, h.own_server(), before=blocked) as board:
        board.wait_live()
        board.page.get_by_label("Colours").select_option("dark")
        board.page.locator("[data-theme=dark]").first.wait_for()


def test_another_key_is_told_why_not(h):
    server = h.own_server(keys=KEYS)
    with Dashboard(h, server, key="key-of-ben", allowed="status of 403") as board:
        alert = board.page.get_by_role("alert")
        said = server.get("/metrics", headers={"x-api-key": "key-of-ben"}).error[1]
        wait_until(lambda: alert.inner_text() == said, f"the page says: {said}")


def test_no_key_is_asked_for_where_none_is_needed(h):
    server = h.own_server(key="", no_auth=True)
    with Dashboard(h, server, key="") as board:
        board.wait_live()
        board.section("Running now").wait_for()
