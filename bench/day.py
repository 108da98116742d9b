"""A working day of the synthetic client (conversations.day): what is computed of it, step by step,
beside llama-server and beside what nobody had seen before (floor.new_shares)."""
import shutil
import tempfile
from pathlib import Path

from conversations import Shape, day
from floor import new_shares
from replay import Step, computed, prompted, run


def measure(bench, model, row):
    """Rows of the table, by `row(what, unit, ours, theirs)`."""
    setup = bench.setup(model)
    shape = Shape(seed=400).of_tokens(bench.options.agent_tokens)
    steps = [Step(name, bodies and tuple((body, None) for body in bodies), at_once)
             for name, bodies, at_once in day(shape)]
    home = Path(tempfile.mkdtemp(prefix="day.", dir=bench.folder))
    ours = [answers for answers, _ in run(steps, lambda: bench.ours(setup, home))]
    shutil.rmtree(home, ignore_errors=True)
    theirs = [answers for answers, _ in run(steps, lambda: bench.theirs(setup))]
    asking = [step for step in steps if step.requests]
    shares = new_shares([step.bodies() for step in asking])
    new = [prompted(own) * share for own, share in zip(ours, shares)]
    for step, own, other, unseen in zip(asking, ours, theirs, new):
        row(f"a day, {step.name}: computed of {prompted(own):,} in {len(own)} requests, of which "
            f"{unseen:,.0f} were never seen", "tokens", [computed(own)], [computed(other)])
    whole = sum(map(computed, ours))
    row("a day with two restarts: computed, beside llama-server", "tokens", [whole],
        [sum(map(computed, theirs))])
    row("the same, beside what was never seen", "tokens", [whole], [sum(new)])
