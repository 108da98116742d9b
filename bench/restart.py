"""The first answer after a restart: what was computed comes back from the disk; and how fast it
comes back from there and from RAM."""
import dataclasses
import shutil
import tempfile
import time
from pathlib import Path

from conversations import Shape, conversation, fitted
from probe import drop_pages, probe

# What a token may take on the disk where that is promised, checkpoints apart.
BYTES_A_TOKEN_MAX = {"gemma": 6_000}


def cache_files(home):
    return [path for path in (home / "cache/anyclaude/kv").rglob("*") if path.is_file()]


def sequential_read(files):
    """(seconds, bytes) of plain reads of the files, one after the other, their pages dropped."""
    drop_pages(files)
    size, start = 0, time.perf_counter()
    for path in files:
        with open(path, "rb", buffering=0) as file:
            while piece := file.read(1 << 22):
                size += len(piece)
    return time.perf_counter() - start, size


def bytes_a_token(home):
    """Of the pieces that hold tokens; docs/disk-format.md says where their number stands."""
    files = [path for path in cache_files(home) if path.suffix == ".range"]
    tokens = 0
    for path in files:
        with open(path, "rb") as file:
            tokens += int.from_bytes(file.read(32)[28:], "little")
    return sum(path.stat().st_size for path in files) / tokens


def asked_further(body, words):
    """The next turn with a short question: at most 40 new tokens."""
    return {**body, "messages": body["messages"] + [
        {"role": "assistant", "content": [{"type": "text", "text": "Yes."}]},
        {"role": "user", "content": [{"type": "text", "text": words}]}]}


def wait_for_writer(server):
    """Until what was computed is on the disk."""
    empty = 0
    while empty < 3:  # it is stored bit by bit
        time.sleep(0.1)
        waiting = server.metric("anyclaude_kv_disk_queue_bytes")
        empty = 0 if waiting else empty + 1


class Restores:
    """What a server puts back into its cells, from now on."""

    def __init__(self, server):
        self.server = server
        self.bytes, self.seconds = self._now()

    def _now(self):
        sizes = (self.server.metric("anyclaude_kv_restored_bytes_total", f'tier="{tier}"')
                 for tier in ("ram", "disk"))
        return sum(sizes), self.server.metric("anyclaude_kv_restore_seconds_sum")

    def since(self):
        """(bytes, seconds) and begins anew."""
        before, (self.bytes, self.seconds) = (self.bytes, self.seconds), self._now()
        return self.bytes - before[0], self.seconds - before[1]


class Restart:
    """One folder that outlives its servers."""

    def __init__(self, start, folder):
        self.start = start  # (home) -> a server
        self.home = Path(tempfile.mkdtemp(prefix="restart.", dir=folder))

    def close(self):
        shutil.rmtree(self.home, ignore_errors=True)

    def cold(self, body):
        with self.start(self.home) as server:
            return server.ask(body)

    def warm(self, body, words, drop):
        """(answer, bytes put back, another follow-up as long, of the prompt that is there now)"""
        with self.start(self.home) as server:
            if drop:
                drop_pages(cache_files(self.home))
            restores = Restores(server)
            answer = server.ask(asked_further(body, words))
            restored = restores.since()[0]
            return answer, restored, server.ask(asked_further(body, words.replace("is", "was")))

    def rate_from_disk(self, anyclaude):
        """Bytes a second of a prompt that the cache reads and checks, without a model."""
        drop_pages(cache_files(self.home))
        read = probe(anyclaude, "read", self.home / "cache/anyclaude/kv")
        return read["bytes"] / read["seconds"]

    def rates_from_ram(self, body, other, server, rounds):
        """Bytes a second of prompts that take each other's cells."""
        rates = []
        with server:
            for prompt in (body, other):
                server.ask(prompt)
            restores = Restores(server)
            for index in range(2 * rounds):
                wait_for_writer(server)  # it would take its share of the memory's bandwidth
                server.ask(asked_further((body, other)[index % 2], f"Question {index}: why?"))
                size, seconds = restores.since()
                if size > 0:
                    rates.append(size / seconds)
        return rates


def measure(bench, model, row):
    """Rows of the table, by `row(what, unit, ours, theirs)`."""
    setup, rounds = bench.setup(model), bench.options.rounds
    with bench.ours(setup) as server:
        shape = fitted(Shape(seed=23), bench.options.restart_tokens, server.count)
    body = next(conversation(shape, 1))
    restart = Restart(lambda home: bench.ours(setup, home), bench.folder)
    cold = restart.cold(body)
    colds = [cold.first_s]
    per_token = row("on the disk, checkpoints apart", "bytes/token",
                    [bytes_a_token(restart.home)], [])
    if model in BYTES_A_TOKEN_MAX:
        most = BYTES_A_TOKEN_MAX[model]
        per_token.judge(f"≤ {most:,}", lambda size: size <= most)
    theirs_cold, theirs_again = [], []
    with bench.theirs(setup) as server:
        theirs_cold.append(server.ask(body))
    found, restored = {True: [], False: []}, 0
    rates, reads, beside_bound = [], [], []
    for index in range(2 * rounds):
        drop = index % 4 in (0, 3)
        words = f"Question {index}: is this the whole list?"
        answer, restored, live = restart.warm(body, words, drop)
        found[drop].append(answer)
        rates.append(restart.rate_from_disk(bench.options.anyclaude))
        reads.append(sequential_read(cache_files(restart.home)))
        if drop:
            read_s = restored * reads[-1][0] / reads[-1][1]
            beside_bound.append(answer.first_s / (read_s + live.first_s))
    with bench.theirs(setup) as server:
        theirs_again.append(server.ask(asked_further(body, "Question 0: is this all?")))
    # Once more at the end, so that what else the machine does falls on both.
    with bench.ours(setup) as server:
        colds.append(server.ask(body).first_s)

    row("cold, first token", "s", colds, [a.first_s for a in theirs_cold])
    for drop, how in ((True, "from the disk"), (False, "files in the system's memory")):
        seconds = [a.first_s for a in found[drop]]
        row(f"after a restart, {how}, first token", "s", seconds,
            [a.first_s for a in theirs_again])
        row(f"after a restart, {how}, times faster than cold", "x",
            [min(colds) / s for s in seconds], []).judge("≥ 75", lambda times: times >= 75)
    again = found[True] + found[False]
    row("after a restart, prompt tokens computed", "tokens", [a.computed for a in again],
        [a.computed for a in theirs_again])
    row("of these, not new", "tokens", [a.computed - (a.prompt - cold.prompt) for a in again],
        []).judge("≤ 8", lambda tokens: tokens <= 8)
    row("restored", "MB", [restored / 1e6], [])
    row("first token from the disk, beside plain reads of its bytes and a live follow-up", "ratio",
        beside_bound, []).judge("≤ 1.15", lambda ratio: ratio <= 1.15)
    row("read from the disk and checked, beside plain reads of the files", "MB/s",
        [rate / 1e6 for rate in rates],
        [size / seconds / 1e6 for seconds, size in reads]).judge(
            "≥ 0.80", lambda ratio: ratio >= 0.8)
    other = next(conversation(dataclasses.replace(shape, seed=24), 1))
    # With cells for one of the two.
    cells = cold.prompt * 5 // 4 + 512
    narrow = bench.ours(dataclasses.replace(setup, context=cells), restart.home,
                        ("--cells", cells))
    row("restored from RAM", "GB/s",
        [rate / 1e9 for rate in restart.rates_from_ram(body, other, narrow, rounds)], []).judge(
            "≥ 5", lambda rate: rate >= 5)
    copied = [probe(bench.options.anyclaude, "copy", int(restored)) for _ in range(2)]
    row("one thread's copying from RAM to RAM, for comparison", "GB/s",
        [copy["bytes"] / copy["seconds"] / 1e9 for copy in copied], [])
    restart.close()
