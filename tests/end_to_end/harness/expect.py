"""Expectations, waiting, and doing things at the same time."""
import threading
import time


class Failed(AssertionError):
    """An expectation that did not hold."""


def expect(condition, what):
    if not condition:
        raise Failed(what)


def expect_equal(actual, expected, what):
    if actual != expected:
        raise Failed(f"{what}: got {actual!r}, expected {expected!r}")


def wait_until(condition, what, timeout_s=20.0):
    """Polls `condition` until it is true and returns its value; fails with `what` in time."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failed(f"not within {timeout_s:g} s: {what}")
        time.sleep(0.02)


def at_once(functions):
    """Calls all functions at the same time; returns their results, or raises the first failure."""
    results = [None] * len(functions)
    failures = []
    gate = threading.Barrier(len(functions))

    def work(index, function):
        gate.wait()
        try:
            results[index] = function()
        except Exception as failure:  # noqa: BLE001: handed to the caller below
            failures.append(failure)

    threads = [threading.Thread(target=work, args=item) for item in enumerate(functions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return results
