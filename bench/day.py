"""A working day of the synthetic client (conversations.day): what is computed of it, step by step,
beside llama-server and beside what nobody had seen before (floor.new_shares)."""
import concurrent.futures
import shutil
import tempfile
import time
from pathlib import Path

from conversations import Shape, day
from floor import new_shares

STORED_AFTER_S = 3  # behind the last answer; storing begins when the engine has nothing to do


def ask(server, bodies, at_once):
    """(prompt tokens, computed tokens)"""
    with concurrent.futures.ThreadPoolExecutor(len(bodies) if at_once else 1) as pool:
        answers = list(pool.map(server.ask, bodies))
    return sum(a.prompt for a in answers), sum(a.computed for a in answers)


def live(steps, start):
    """(prompt tokens, computed tokens) of each step that asks."""
    counts = []
    server = start().__enter__()
    try:
        for step in steps:
            if step is None:
                time.sleep(STORED_AFTER_S)
                server.__exit__()
                server = start().__enter__()
            else:
                _, bodies, at_once = step
                counts.append(ask(server, bodies, at_once))
    finally:
        server.__exit__()
    return counts


def measure(bench, model, row):
    """Rows of the table, by `row(what, unit, ours, theirs)`."""
    setup = bench.setup(model)
    steps = list(day(Shape(seed=400).of_tokens(bench.options.agent_tokens)))
    home = Path(tempfile.mkdtemp(prefix="day.", dir=bench.folder))
    ours = live(steps, lambda: bench.ours(setup, home))
    shutil.rmtree(home, ignore_errors=True)
    theirs = live(steps, lambda: bench.theirs(setup))
    asking = [step for step in steps if step]
    shares = new_shares([bodies for _, bodies, _ in asking])
    for (name, bodies, _), own, other, new in zip(asking, ours, theirs, shares):
        row(f"a day, {name}: computed of {own[0]:,} in {len(bodies)} requests, of which "
            f"{own[0] * new:,.0f} were never seen", "tokens", [own[1]], [other[1]])
    floor = sum(own[0] * new for own, new in zip(ours, shares))
    row("a day with two restarts: computed, beside llama-server", "tokens",
        [sum(own[1] for own in ours)], [sum(other[1] for other in theirs)])
    row("the same, beside what was never seen", "tokens", [sum(own[1] for own in ours)], [floor])
