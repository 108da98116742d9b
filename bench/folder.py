"""A cache's folder of many small pieces: how fast it is known, and what that takes; and how much
memory a full cache takes. By cache_probe, which needs no model, and by a real server."""
import shutil
import tempfile
import time
from pathlib import Path

from conversations import Shape, conversation
from probe import drop_pages, probe

RAM_BYTES = 512 << 20


class Folder:
    def __init__(self, anyclaude, pieces, parent):
        self.anyclaude, self.pieces = anyclaude, pieces
        self.home = Path(tempfile.mkdtemp(prefix="folder.", dir=parent))
        self.path = self.home / "cache/anyclaude/kv"
        probe(anyclaude, "fill", self.path, pieces)

    def close(self):
        shutil.rmtree(self.home, ignore_errors=True)

    def lose_snapshot(self):
        (self.path / "index").unlink(missing_ok=True)

    def opened(self):
        if (self.path / "index").exists():
            drop_pages([self.path / "index"])
        return probe(self.anyclaude, "open", self.path, self.pieces)


def first_answer_s(bench, setup, home):
    """From the start of a server to its first answer."""
    body = next(conversation(Shape(seed=5).of_tokens(300), 1))
    start = time.perf_counter()
    with bench.ours(setup, home) as server:
        server.ask(body)
        return time.perf_counter() - start


def measure(bench, setup, row):
    """Rows of the table, by `row(what, unit, ours, theirs)`."""
    folder = Folder(bench.options.anyclaude, bench.options.pieces, bench.folder)
    what = f"{folder.pieces:,} pieces on the disk"
    found = {"read anew": [], "from the snapshot": []}
    for _ in range(bench.options.rounds):
        folder.lose_snapshot()
        found["read anew"].append(folder.opened())
        found["from the snapshot"].append(folder.opened())
    for how, seconds_max in (("read anew", 30), ("from the snapshot", 1)):
        row(f"{what}, {how}: all are found", "s", [each["all_s"] for each in found[how]],
            []).judge(f"≤ {seconds_max}", lambda seconds, most=seconds_max: seconds <= most)
        row(f"{what}, {how}: the longest wait of a lookup meanwhile", "ms",
            [each["slowest_find_ms"] for each in found[how]], [])
    row(f"{what}: memory at most, while they are read", "bytes/piece",
        [each["memory_bytes"] / folder.pieces for each in found["from the snapshot"]], [])
    answers = {True: [], False: []}
    for index in range(2 * bench.options.rounds):
        lost = index % 4 in (0, 3)
        if lost:
            folder.lose_snapshot()
        answers[lost].append(first_answer_s(bench, setup, folder.home))
    empty = [first_answer_s(bench, setup, None) for _ in range(bench.options.rounds)]
    for lost, how in ((True, "the snapshot lost"), (False, "with the snapshot")):
        row(f"{what}, {how}: start and first answer, beside an empty folder", "s", answers[lost],
            empty)
    folder.close()
    full = [probe(bench.options.anyclaude, "ram", RAM_BYTES)["memory_bytes"] / RAM_BYTES
            for _ in range(bench.options.rounds)]
    row(f"memory of a cache of {RAM_BYTES >> 20} MiB, full five times over, beside its limit",
        "ratio", full, []).judge("≤ 1.05", lambda ratio: ratio <= 1.05)
