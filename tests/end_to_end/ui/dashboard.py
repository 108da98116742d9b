"""The dashboard of a server, open in a real browser."""
import atexit
import functools
import re
from pathlib import Path

from harness.expect import expect, wait_until
from playwright.sync_api import sync_playwright

PICTURES = Path(__file__).resolve().parents[3] / "build" / "ui"
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
APPEARS_MS = 20_000
# Run before the page's own scripts: what would run if something were injected.
WATCH_FOR_INJECTION = "window.alert = () => { window.injected = true; };"


@functools.cache
def browser(program):
    """One for all cases; each page has a context of its own, with its own storage."""
    playwright = sync_playwright().start()
    # Its sandbox needs what containers do not have, and all that it is shown here is ours.
    started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
    atexit.register(lambda: (started.close(), playwright.stop()))
    return started


class Dashboard:
    """Opens with the server's key, where `key` gives no other or none (""). To be used as
    `with Dashboard(h, server) as board:`, which fails at its end if the page has complained: an
    error in the console, a violation of its Content-Security-Policy, an exception. `allowed` is a
    pattern of what may be complained of, as a browser does of each refused request; `before` runs
    before the page's own scripts. `board.page` is Playwright's page."""

    def __init__(self, h, server, key=None, size=WIDE, dark=False, allowed=None, before="", **more):
        self.h = h
        self.server = server
        self.allowed = allowed
        self.complaints = []
        program = h.setup.browser()["browser"]
        self.context = browser(program).new_context(
            viewport=size, color_scheme="dark" if dark else "light", locale="en-GB", **more)
        self.context.set_default_timeout(APPEARS_MS)
        self.context.add_init_script(WATCH_FOR_INJECTION + before)
        self.page = self.context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(f"exception: {error}"))
        key = server.key if key is None else key
        self.page.goto(self.url + (f"#key={key}" if key else ""))

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.port}/"

    def _hear(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def __enter__(self):
        self.h.witness(lambda: f"the page complained of: {self.complaints}")
        return self

    def __exit__(self, kind, error, _):
        if kind is not None:
            self.picture("failed")
        injected = self.page.evaluate("window.injected === true")
        told = self.page.locator("body").inner_text()
        self.context.close()
        if kind is None:
            nothing = re.search(r".*\b(NaN|undefined|null|Infinity)\b.*", told)
            expect(not nothing, f"the page shows what is no value: {nothing and nothing.group()}")
            expect(not injected, "a script was injected into the page")
            found = [one for one in self.complaints
                     if not (self.allowed and re.search(self.allowed, one))]
            expect(not found, "the page complained:\n" + "\n".join(found))

    def wait_live(self):
        self.page.locator(".connection.live").wait_for()
        return self

    def section(self, title):
        """The part of the page under this heading."""
        return self.page.get_by_role("region", name=title)

    def button(self, name, **more):
        return self.page.get_by_role("button", name=name, **more)

    def rows(self):
        """Of the requests that were answered, newest first, as far as they are in sight."""
        return self.section("Requests").locator(".all .row")

    def wait_for_text(self, locator, pattern, what, timeout_s=APPEARS_MS / 1000):
        """Waits until the text of the locator's first match has the pattern; returns the match."""
        def found():
            return locator.count() and re.search(pattern, locator.first.inner_text())
        return wait_until(found, f"{what}: {pattern}", timeout_s)

    def picture(self, name, full_page=True):
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{name}.png", full_page=full_page)

    def expect_accessible(self, where):
        """Fails with what axe finds against WCAG, levels A and AA, and its own best practice."""
        # Its script comes from the driver, so the page's Content-Security-Policy stays in force.
        self.page.evaluate(self.h.setup.axe.read_text())
        found = self.page.evaluate("""axe.run(document, {resultTypes: ["violations"]})
            .then(({violations}) => violations.map(({id, help, nodes}) =>
                `${id}: ${help}: ` + nodes.map((node) => node.target.join(" ")).join(", ")))""")
        expect(not found, f"{where}:\n" + "\n".join(found))

    def expect_fits(self, where):
        """Fails if it has to be scrolled sideways."""
        inner, whole = self.page.evaluate(
            "[window.innerWidth, document.documentElement.scrollWidth]")
        expect(whole <= inner, f"{where}: {whole} pixels wide in a window of {inner}")
