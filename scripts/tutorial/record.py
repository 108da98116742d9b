#!/usr/bin/env python3
"""The last step of tutorial.sh: plays the tutorial on choosing a mode, and films it.

usage: record.py --anyclaude PROGRAM --output FILE.gif [--frames FOLDER]

All that is seen is real: the dashboard in Chromium, Claude Code in a shell, SmolLM2 in anyclaude
and in mlx-lm. mlx-lm reads some 18 tokens a second on a CPU, so the client's prompt is held short
(no tools, a system prompt of one sentence), and what takes long is shown faster.
"""
import argparse
import base64
import contextlib
import json
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
for folder in ("tests/end_to_end", "tests/end_to_end/ui"):
    sys.path.insert(0, str(ROOT / folder))

from dashboard import Dashboard  # noqa: E402: of tests/end_to_end/ui/
from film import Film  # noqa: E402
from harness import Failed, Harness, Home, expect_equal  # noqa: E402: of tests/end_to_end/
from harness.model_server import mlx_lm  # noqa: E402
from terminal import Terminal  # noqa: E402

BYTES_MAX = 3_000_000
LENGTH_S = (20, 42)
WIDTH, HEIGHT = 1000, 895
CAPTION_HEIGHT = 48  # of stage.html
BOARD = {"width": 1160, "height": 750}  # in the page's own pixels, shown smaller
SCALE = WIDTH / BOARD["width"]
TERMINAL = {"columns": 104, "rows": 10}
MODEL_ID = "smollm2-135m"
CONTEXT = 32_768  # in less the client is given fewer tools, and says so
ANSWER_S = 120  # for one answer, on a machine that does other things too
CLAUDE = """#!/bin/sh
exec "{claude}" --bare --tools= --system-prompt="You are a helpful assistant." "$@"
"""
# A model this small does not always find an end by itself.
SHORT_ANSWERS = json.dumps({"temperature": 0, "stop_sequences": ["\n"]})


class Place:
    """A user's home with programs, a project and a server whose model lies in `folder`; mlx-lm runs
    beside it."""

    def __init__(self, h, folder):
        self.home = Home(h.scratch)
        for name in ("bin", "project"):
            (self.home.path / name).mkdir()
        model = folder / h.model.name
        model.symlink_to(h.model)
        (self.home.path / "bin" / "anyclaude").symlink_to(h.program)
        claude = self.home.path / "bin" / "claude"
        claude.write_text(CLAUDE.format(claude=h.setup.claude))
        claude.chmod(0o755)
        self.server = h.own_server(home=self.home, model=model, model_id=MODEL_ID,
                                   context=CONTEXT, mode="embedded",
                                   mlx_lm_url=mlx_lm(h).origin + "/v1", remote_context=CONTEXT)
        environment = self.home.environment(
            ANYCLAUDE_PORT=str(self.server.port), ANYCLAUDE_API_KEY=self.server.key,
            ANYCLAUDE_MODEL=str(model), ANYCLAUDE_MODEL_ID=MODEL_ID, ANYCLAUDE_SEED="7",
            CLAUDE_CODE_EXTRA_BODY=SHORT_ANSWERS, IS_SANDBOX="1")
        environment["PATH"] = f"{self.home.path}/bin:{environment['PATH']}"
        self.terminal = Terminal(environment, self.home.path / "project", **TERMINAL)


class Tutorial:
    """Directs the dashboard and the terminal, and films both on one stage."""

    def __init__(self, place, board, film):
        self.terminal = place.terminal
        self.board = board
        self.film = film
        self.stage = board.context.browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        self.stage.set_content((HERE / "stage.html").read_text())
        self.pointer = (WIDTH * 0.45, HEIGHT * 0.5)

    def shoot(self, pressed=False):
        self.terminal.read()
        board = base64.b64encode(self.board.page.screenshot()).decode()
        x, y = self.pointer
        self.stage.evaluate("""async ([board, terminal, x, y, pressed]) => {
            const image = document.getElementById("board");
            image.src = "data:image/png;base64," + board;
            await image.decode();
            document.getElementById("terminal").textContent = terminal;
            const pointer = document.getElementById("pointer");
            pointer.style.translate = `${x}px ${y}px`;
            pointer.classList.toggle("pressed", pressed);
            pointer.removeAttribute("hidden");
        }""", [board, "\n".join(self.terminal.lines()) + "\u2588", x, y, pressed])
        self.film.take(self.stage.screenshot())

    def say(self, caption):
        self.stage.evaluate(
            "(words) => { document.getElementById('caption').textContent = words; }", caption)

    def scroll(self):
        """Has what runs, who answers and the newest requests in sight."""
        self.board.section("Running now").evaluate(
            "(part) => scrollTo(0, scrollY + part.getBoundingClientRect().top - 10)")

    def hold(self, seconds):
        end = time.monotonic() + seconds
        with self.film.at_most(seconds):
            while time.monotonic() < end:
                self.shoot()

    def until(self, condition, what, seconds):
        """Films until it holds, and shows that in at most so many seconds."""
        give_up = time.monotonic() + ANSWER_S
        with self.film.at_most(seconds):
            while not condition():
                if time.monotonic() > give_up:
                    raise Failed(f"not in {ANSWER_S} s: {what}\n" + "\n".join(
                        self.terminal.lines()))
                self.shoot()
            self.shoot()

    def click(self, target):
        target.scroll_into_view_if_needed()
        box = target.bounding_box()
        to = ((box["x"] + box["width"] * 0.6) * SCALE,
              (box["y"] + box["height"] * 0.6) * SCALE + CAPTION_HEIGHT)
        start, steps = self.pointer, 6
        with self.film.at_most(0.8):
            for step in range(1, steps + 1):
                part = step / steps
                part = part * part * (3 - 2 * part)  # starts and ends slowly
                self.pointer = tuple(a + (b - a) * part for a, b in zip(start, to))
                self.shoot()
        with self.film.at_most(0.4):
            self.shoot(pressed=True)
            target.click()
            self.shoot(pressed=True)

    def choose(self, mode):
        self.scroll()
        self.click(self.board.button(mode, exact=True))
        pressed = self.board.page.locator(f'button[aria-pressed="true"]:text-is("{mode}")')
        self.until(pressed.count, f"mode {mode}", 0.5)
        if mode != "auto":
            ready = self.board.page.locator(".servers li.good strong", has_text=mode)
            self.until(ready.count, f"{mode} is ready", 1.5)

    def ask(self, command, answered, seconds):
        """Types the command; its answer is the dashboard's row number `answered`."""
        for at in range(0, len(command), 6):
            with self.film.at_most(0.17):
                self.terminal.type(command[at:at + 6])
                self.shoot()
        self.hold(0.3)
        self.terminal.type("\n")
        self.until(lambda: self.terminal.waits() and self.board.rows().count() == answered,
                   command, seconds)
        self.scroll()

    def expect_answered_by(self, name):
        told = self.board.rows().first.locator(".backend").inner_text()
        expect_equal(told, name, "who has answered, on the page")

    def play(self):
        rows = self.board.rows()
        self.say("Who answers Claude Code? You choose it here, while it runs.")
        self.until(self.terminal.waits, "the shell", 1)
        self.hold(2.5)
        self.say("1. Mode embedded: the model in this program answers.")
        self.hold(1)
        self.ask('anyclaude -- -p "What is the capital of France?"', 1, 3)
        self.expect_answered_by("embedded")
        self.hold(2)
        self.say("2. Another server is there too. One click chooses it.")
        self.hold(1)
        self.choose("mlx-lm")
        self.hold(1.5)
        self.say("3. The conversation goes on, and the next request goes to mlx-lm.")
        self.hold(1)
        self.ask('anyclaude -- -p --continue "And what is the capital of Italy?"', 2, 4)
        self.expect_answered_by("mlx-lm")
        self.hold(2)
        self.say("4. Mode auto asks whoever is expected to be done soonest.")
        self.hold(1)
        self.choose("auto")
        self.hold(1)
        self.ask('anyclaude -- -p --continue "And what is the capital of Spain?"', 3, 3)
        self.hold(1.5)
        self.say("5. A click on a request tells who answered it, and why.")
        self.click(rows.first)
        self.hold(4)


def record(h, path, frames):
    film = Film(time.monotonic)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="my-"))
        place = Place(h, Path(folder))
        stack.enter_context(contextlib.closing(place.terminal))
        board = stack.enter_context(Dashboard(
            h, place.server, size=BOARD, device_scale_factor=SCALE, reduced_motion="reduce"))
        board.wait_live()
        tutorial = Tutorial(place, board, film)
        tutorial.play()
        tutorial.stage.close()
    if frames:
        frames.mkdir(parents=True, exist_ok=True)
        for number, picture in enumerate(film.pictures()):
            picture.save(frames / f"{number:03}.png")
    film.save(path)
    return film


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--anyclaude", required=True, help="the program")
    parser.add_argument("--output", required=True, type=Path, help="the GIF to be written")
    parser.add_argument("--frames", type=Path, help="a folder for the single pictures, as PNG")
    options = parser.parse_args()
    h = Harness(options.anyclaude)
    new = options.output.with_suffix(".new.gif")
    try:
        film = record(h, new, options.frames)
        size, seconds = new.stat().st_size, film.seconds()
        print(f"{seconds:.0f} s, {len(film.pictures())} pictures, {size / 1e6:.2f} MB")
        if size > BYTES_MAX or not LENGTH_S[0] <= seconds <= LENGTH_S[1]:
            raise Failed(f"it must have at most {BYTES_MAX / 1e6} MB and take {LENGTH_S[0]} to "
                         f"{LENGTH_S[1]} s; {options.output} is left as it was")
        new.replace(options.output)
    except Failed as failure:
        sys.exit(f"error: {failure}\n{h.evidence()}")
    finally:
        new.unlink(missing_ok=True)
        h.end_case()
        h.close()


if __name__ == "__main__":
    main()
