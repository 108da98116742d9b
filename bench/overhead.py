"""What the cache costs where it cannot help: a cold prompt with it and without it; and a short
follow-up of a long prompt, beside the bare engine's decoding of as many tokens there."""
import dataclasses
import statistics

from conversations import Shape, conversation, fitted
from restart import asked_further
from servers import llama_bench

# No disk, and RAM in which no piece of these models has room.
OFF = ("--no-cache-disk", "--cache-ram", "1MiB")
# About 75 tokens with the turns around them.
QUESTION = ("Now look at the second of these files once more, tell me in a few words which of its "
            "functions are called from elsewhere, which are not, and what you would change first "
            "if the tests had to run twice as fast on this machine by tomorrow; number {}.")


def cold(bench, model, row):
    setup, tokens = bench.setup(model), bench.options.cold_tokens
    with bench.ours(setup) as server:
        shape = fitted(Shape(seed=300), tokens, server.count)
    seconds = {True: [], False: []}
    for index, cached in enumerate(bench.order(2 * bench.options.rounds)):
        with bench.ours(setup, arguments=() if cached else OFF) as server:
            server.ask(next(conversation(Shape(seed=99).of_tokens(300), 1)))
            answer = server.ask(next(conversation(dataclasses.replace(shape, seed=300 + index), 1)))
        seconds[cached].append(answer.first_s / answer.computed * 1000)
    what = f"cold prefill of {tokens} tokens with the cache, beside without it"
    row(what, "ms/token", seconds[True], seconds[False])
    # What else the machine does makes a run slower, never faster, and by more than a hundredth.
    row(f"{what}, the fastest of each", "ms/token", [min(seconds[True])],
        [min(seconds[False])]).judge("≤ 1.01", lambda ratio: ratio <= 1.01)


def follow_up(bench, model, row):
    setup, tokens = bench.setup(model), bench.options.restart_tokens
    ours, computed = [], []
    with bench.ours(setup) as server:
        shape = fitted(Shape(seed=301), tokens, server.count)
        body = next(conversation(shape, 1))
        server.ask(body)
        for index in range(bench.options.rounds):
            # Each goes on from the long prompt, not from the one before it.
            answer = server.ask(asked_further(body, QUESTION.format(index)))
            ours.append(answer.first_s)
            computed.append(answer.computed)
    new = round(statistics.median(computed))
    bare = llama_bench(bench.rival / "llama-bench", setup, new, tokens, bench.options.rounds)
    row("follow-up of a long prompt, tokens computed", "tokens", computed, [])
    row(f"the same at {tokens:,} tokens, first token, beside llama-bench's decoding there", "s",
        ours, [new / rate for rate in bare]).judge("≤ 1.05", lambda ratio: ratio <= 1.05)


def measure(bench, model, row):
    """Rows of the table, by `row(what, unit, ours, theirs)`."""
    cold(bench, model, row)
    follow_up(bench, model, row)
