"""What the cache and the server cost where they cannot help: a cold prompt with the cache and
without it, and beside the bare engine; a short follow-up of a long one beside the bare engine."""
import dataclasses

from conversations import Shape, conversation, fitted
from restart import asked_further
from turns import in_turns

# No disk, and RAM in which no piece of these models has room.
OFF = ("--no-cache-disk", "--cache-ram", "1MiB")
# About 75 tokens with the turns around them.
QUESTION = ("Now look at the second of these files once more, tell me in a few words which of its "
            "functions are called from elsewhere, which are not, and what you would change first "
            "if the tests had to run twice as fast on this machine by tomorrow; number {}.")
# Every page and thread is touched once before it counts.
FIRST_WORDS = {"model": "bench", "max_tokens": 1, "messages": [{"role": "user", "content": "Hi."}]}


def asking(server, body):
    return server.process.pid, lambda: server.ask(body)


def decoding(bare, tokens):
    return bare.process.pid, lambda: bare.decode(tokens)


class Cold:
    """Prompts that nothing knows, of one length, each on a fresh server: idle conversations in the
    cells would cost attention."""

    def __init__(self, bench, model):
        self.bench, self.setup = bench, bench.setup(model)
        self.rounds = range(bench.options.rounds)
        with bench.ours(self.setup) as server:
            self.shape = fitted(Shape(seed=100), bench.options.cold_tokens, server.count)
            self.bodies = [self.body(index) for index in self.rounds]
            self.tokens = [server.count(body) for body in self.bodies]

    def body(self, index):
        return next(conversation(dataclasses.replace(self.shape, seed=100 + index), 1))

    def beside_bare_engine(self, row):
        rates = {True: [], False: []}
        for body, tokens in zip(self.bodies, self.tokens):
            with self.bench.ours(self.setup) as server, self.bench.bare(self.setup, body) as bare:
                server.ask(FIRST_WORDS)
                bare.decode(16)
                bare.cut(0)
                for turn, own in zip(in_turns(asking(server, body), decoding(bare, tokens)),
                                     (True, False)):
                    rates[own].append(tokens / turn.seconds)
        row(f"cold prefill of {self.bench.options.cold_tokens:,} tokens, beside the bare engine",
            "tokens/s", rates[True], rates[False]).judge(
                "≥ 0.98", lambda ratio: ratio >= 0.98, paired=True)

    def beside_no_cache(self, row):
        per_token = {True: [], False: []}
        for body, tokens in zip(self.bodies, self.tokens):
            with self.bench.ours(self.setup) as kept, \
                    self.bench.ours(self.setup, arguments=OFF) as lost:
                for server in (kept, lost):
                    server.ask(FIRST_WORDS)
                for turn, cached in zip(in_turns(asking(kept, body), asking(lost, body)),
                                        (True, False)):
                    per_token[cached].append(turn.seconds / tokens * 1000)
        row(f"cold prefill of {self.bench.options.cold_tokens:,} tokens with the cache, beside "
            "without it", "ms/token", per_token[True], per_token[False]).judge(
                "≤ 1.01", lambda ratio: ratio <= 1.01, paired=True)


def follow_up(bench, model, row):
    setup, tokens = bench.setup(model), bench.options.restart_tokens
    ours, theirs, computed = [], [], []
    with bench.ours(setup) as server:
        shape = fitted(Shape(seed=301), tokens, server.count)
        body = next(conversation(shape, 1))
        with bench.bare(setup, body) as bare:
            prompt = server.ask(body).prompt
            bare.decode(prompt)
            # Each goes on from the long prompt, not from the one before it; the first to learn how
            # many tokens that are.
            new = server.ask(asked_further(body, QUESTION.format(9))).computed
            for index in range(bench.options.rounds):
                further = asked_further(body, QUESTION.format(index % 9))
                own, other = in_turns(asking(server, further), decoding(bare, new))
                bare.cut(prompt)
                computed.append(own.result.computed)
                ours.append(own.seconds)
                theirs.append(other.seconds)
    row("follow-up of a long prompt, tokens computed", "tokens", computed, [])
    row(f"the same at {tokens:,} tokens, answered, beside the bare engine's decoding there", "s",
        ours, theirs).judge("≤ 1.05", lambda ratio: ratio <= 1.05, paired=True)


def measure(bench, model, row):
    """Rows of the table, by `row(what, unit, ours, theirs)`."""
    cold = Cold(bench, model)
    cold.beside_bare_engine(row)
    cold.beside_no_cache(row)
    follow_up(bench, model, row)
