"""Two pieces of work at the same time, each with the machine to itself for a moment in turn.

What else a machine does comes and goes within seconds, and makes whole runs differ by a tenth. A
process that is stopped takes nothing; so the two run in slices shorter than that, A B B A, and what
disturbs falls on both."""
import os
import signal
import threading
import time

SLICE_S = 0.1


class Turn:
    """`work`, a function that waits for `process` (its id), and how long that had to run for it."""

    def __init__(self, process, work):
        self.process = process
        self.seconds = 0.0
        self.result = None
        self.ended_at = None
        self._error = None
        self._done = threading.Event()
        os.kill(process, signal.SIGSTOP)
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()

    def _run(self, work):
        try:
            self.result = work()
        except Exception as error:  # of any kind: told to who waits
            self._error = error
        self.ended_at = time.perf_counter()
        self._done.set()

    def done(self):
        return self._done.is_set()

    def slice(self):
        start = time.perf_counter()
        os.kill(self.process, signal.SIGCONT)
        ended = self._done.wait(SLICE_S)
        if not ended:
            os.kill(self.process, signal.SIGSTOP)
        self.seconds += (self.ended_at if ended else time.perf_counter()) - start

    def end(self):
        os.kill(self.process, signal.SIGCONT)
        self._thread.join()
        if self._error:
            raise self._error


def in_turns(first, second):
    """Both `(process, work)`; the Turns when both are done."""
    turns = [Turn(*first), Turn(*second)]
    index = 0
    while not all(turn.done() for turn in turns):
        turn = turns[(index & 3) in (1, 2)]
        index += 1
        if not turn.done():
            turn.slice()
    for turn in turns:
        turn.end()
    return turns
