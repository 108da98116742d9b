"""Steps of traffic against one server after another, and what of it they compute."""
import concurrent.futures
import dataclasses
import time

RESTARTED_AFTER_S = 3  # behind the last answer; storing begins when the engine has nothing to do


@dataclasses.dataclass(frozen=True)
class Step:
    name: str
    requests: tuple | None  # (body, headers) of each; None: a restart of the server
    at_once: bool = False

    def bodies(self):
        return [body for body, _ in self.requests]


def replay(step, server):
    """The answers, in the order of the requests."""
    threads = 64 if step.at_once else 1
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        asked = [pool.submit(server.ask, body, headers=headers) for body, headers in step.requests]
        return [each.result() for each in asked]


def run(steps, start, say=lambda line: None):
    """For each step that asks: (answers, tokens computed as the server itself counts them)."""
    results = []
    server = start().__enter__()
    try:
        for step in steps:
            say(f"{server.name}: {step.name}")
            if step.requests is None:
                time.sleep(RESTARTED_AFTER_S)
                server.__exit__()
                server = start().__enter__()
                continue
            before = server.counted() if hasattr(server, "counted") else 0
            answers = replay(step, server)
            counted = server.counted() - before if hasattr(server, "counted") else None
            results.append((answers, counted))
    finally:
        server.__exit__()
    return results


def computed(answers):
    return sum(answer.computed for answer in answers)


def prompted(answers):
    return sum(answer.prompt for answer in answers)
