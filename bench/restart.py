"""The first answer after a restart: what was computed comes back from the disk."""
import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from conversations import Shape, conversation, fitted


def cache_files(home):
    return [path for path in (home / "cache/anyclaude/kv").rglob("*") if path.is_file()]


def drop_pages(home):
    """The next reads of the cache's files come from the disk, not from the system's memory."""
    for path in cache_files(home):
        handle = os.open(path, os.O_RDONLY)
        os.fsync(handle)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(handle)


def sequential_read_s(home):
    """How long plain reads of the same files take, their pages dropped."""
    drop_pages(home)
    start = time.perf_counter()
    for path in cache_files(home):
        with open(path, "rb", buffering=0) as file:
            while file.read(1 << 22):
                pass
    return time.perf_counter() - start


def asked_further(body, words):
    """The next turn with a short question: at most 40 new tokens."""
    return {**body, "messages": body["messages"] + [
        {"role": "assistant", "content": [{"type": "text", "text": "Yes."}]},
        {"role": "user", "content": [{"type": "text", "text": words}]}]}


class Restart:
    """One folder that outlives its servers."""

    def __init__(self, start, folder):
        self.start = start  # (home) -> a server
        self.home = Path(tempfile.mkdtemp(prefix="restart.", dir=folder))

    def close(self):
        shutil.rmtree(self.home, ignore_errors=True)

    def cold(self, body):
        """(answer, seconds of a short follow-up in the same cells)"""
        with self.start(self.home) as server:
            answer = server.ask(body)
            live = server.ask(asked_further(body, "And how is that done here?"))
        return answer, live.first_s

    def warm(self, body, words, drop):
        """(answer, bytes restored)"""
        with self.start(self.home) as server:
            if drop:
                drop_pages(self.home)
            answer = server.ask(asked_further(body, words))
            return answer, server.metric("anyclaude_kv_restored_bytes_total")


def measure(bench, model, row):
    """Rows of the table, by `row(what, unit, ours, theirs)`."""
    setup, rounds = bench.setup(model), bench.options.rounds
    with bench.ours(setup) as server:
        shape = fitted(Shape(seed=23), bench.options.restart_tokens, server.count)
    body = next(conversation(shape, 1))
    restart = Restart(lambda home: bench.ours(setup, home), bench.folder)
    cold, live = restart.cold(body)
    theirs_cold, theirs_again = [], []
    with bench.theirs(setup) as server:
        theirs_cold.append(server.ask(body))
    found = {True: [], False: []}
    restored = 0
    for index in range(2 * rounds):
        drop = index % 4 in (0, 3)
        answer, restored = restart.warm(body, f"Question {index}: is this the whole list?", drop)
        found[drop].append(answer)
    with bench.theirs(setup) as server:
        theirs_again.append(server.ask(asked_further(body, "Question 0: is this all?")))
    read_s = sequential_read_s(restart.home)
    restart.close()

    row("cold, first token", "s", [cold.first_s], [a.first_s for a in theirs_cold])
    for drop, how in ((True, "from the disk"), (False, "files in the system's memory")):
        seconds = [a.first_s for a in found[drop]]
        row(f"after a restart, {how}, first token", "s", seconds,
            [a.first_s for a in theirs_again])
        row(f"after a restart, {how}, times faster than cold", "x",
            [cold.first_s / s for s in seconds], []).judge("≥ 75", lambda times: times >= 75)
    row("after a restart, prompt tokens computed", "tokens",
        [a.computed for a in found[True] + found[False]], [a.computed for a in theirs_again])
    row("restored", "MB", [restored / 1e6], [])
    bound = read_s + live
    row("first token from the disk, beside plain reads of the files and a live follow-up", "ratio",
        [statistics.median(a.first_s for a in found[True]) / bound], []).judge(
            "≤ 1.15", lambda ratio: ratio <= 1.15)
