"""Many requests at once: a shared prefix is computed once, and every count stays true."""
import time

from harness import (at_once, body, computed_tokens, expect, expect_equal, prompt_tokens, prose,
                     wait_until)


def agent(number, common):
    return body(f"Task {number}: {prose(700 + number, 20)}", system=common, max_tokens=2)


def finish(server, payload, agent_id):
    headers = {"x-claude-code-session-id": "session-1", "x-claude-code-agent-id": agent_id}
    stream = server.stream(payload, headers)
    kinds = [event["type"] for event in stream]
    expect_equal(kinds[-1], "message_stop", "the last event")
    return stream.usage


def test_eight_requests_compute_a_shared_prefix_once(h):
    server = h.own_server()
    common = prose(61, 900)
    payloads = [agent(number, common) for number in range(8)]
    counts = [server.count(payload) for payload in payloads]
    shared = server.count(body("", system=common))
    start = time.monotonic()
    usages = at_once([lambda p=p, i=i: finish(server, p, f"agent-{i}")
                      for i, p in enumerate(payloads)])
    seconds = time.monotonic() - start
    computed = server.prefilled()
    expect_equal(sum(computed_tokens(usage) for usage in usages), computed,
                 "reported as computed, beside the engine's own count")
    bound = shared + sum(count - shared + 16 for count in counts)
    expect(computed <= bound, f"{computed} of {sum(counts)} tokens computed, {bound} would do")
    h.note(f"{computed} of {sum(counts)} tokens computed in {seconds:.1f} s")


def test_a_follow_up_computes_only_what_is_new(h):
    server = h.own_server()
    payload = body(prose(62, 300), system=prose(63, 300), max_tokens=6, temperature=0)
    first = server.answer(payload)
    again = server.answer(payload)
    expect(computed_tokens(again["usage"]) <= 1,
           f"the same prompt computed {computed_tokens(again['usage'])} tokens again")
    answer = {"role": "assistant", "content": first["content"]}
    longer = {**payload, "messages": [*payload["messages"], answer,
                                      {"role": "user", "content": "Thank you. And the next?"}]}
    usage = server.answer(longer)["usage"]
    new = server.count(longer) - server.count(payload)
    expect(computed_tokens(usage) <= new + 8,
           f"{computed_tokens(usage)} tokens computed for {new} new ones")
    forked = {**payload, "messages": [{"role": "user", "content": "Another question."}]}
    expect(server.answer(forked)["usage"]["cache_read_input_tokens"] > 300,
           "another conversation under the same system prompt shares it")


def test_a_prompt_outlives_the_server(h):
    """After a server that ended, or was killed, the next one computes only what was not written."""
    payload = body(prose(66, 250), system=prose(67, 250), max_tokens=4, temperature=0)
    first = h.own_server()
    cold = first.answer(payload)
    first.stop()
    second = h.own_server(home=first.home)
    warm = second.answer(payload)
    expect_equal(computed_tokens(warm["usage"]), 1, "computed after a restart")
    expect_equal(warm["content"], cold["content"], "the answer at temperature 0")
    second.process.kill()
    second.process.wait()
    third = h.own_server(home=first.home)
    usage = third.answer(payload)["usage"]
    expect_equal(computed_tokens(usage), 1, "computed after a kill")
    files = [path for path in third.home.path.rglob("*.range")]
    expect(files, "no piece was written")
    for path in files:
        expect_equal(path.stat().st_mode & 0o077, 0, f"mode of {path.name}")
    h.note(f"{prompt_tokens(usage)} tokens, 1 computed; {len(files)} files")


def test_counting_while_a_prompt_is_computed(h):
    """27 count_tokens at once, as the client's /context sends them: exact, and in seconds."""
    server = h.server()
    payloads = [body(prose(800 + number, 40 + 7 * number)) for number in range(27)]
    quiet = [server.count(payload) for payload in payloads]
    running = server.stream(body(prose(64, 2500), max_tokens=1))
    before = server.prefilled()
    next(iter(running))
    wait_until(lambda: server.prefilled() > before, "the prompt is being computed", 60)
    start = time.monotonic()
    busy = at_once([lambda p=p: server.count(p) for p in payloads])
    seconds = time.monotonic() - start
    still = server.in_flight()
    running.leave()
    expect_equal(busy, quiet, "counts during a prefill")
    expect(still >= 1, "the prefill was over before the counts: no proof")
    expect(seconds < 5, f"27 counts took {seconds:.1f} s")
    h.note(f"27 counts in {seconds:.2f} s")


def test_the_engines_count_equals_what_was_reported(h):
    server = h.own_server()
    reported = 0
    for number in range(4):
        payload = body(prose(65, 60), {"role": "assistant", "content": "Noted."},
                       prose(900 + number // 2, 30), max_tokens=3)
        reported += computed_tokens(server.answer(payload)["usage"])
    expect_equal(server.prefilled(), reported, "the engine's counter")
