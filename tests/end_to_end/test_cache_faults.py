"""Faults of the cache's disk that need a process of their own; the others are in
src/engine/embedded/cache_faults_test.cpp."""
from harness import body, computed_tokens, expect, expect_equal, prompt_tokens, prose, wait_until

OPTIONS = {"context": 1024, "threads": 1}


def test_no_file_may_be_that_long(h):
    """`ulimit -f`: a write of a piece fails in its middle, and the system sends a signal."""
    payload = body(prose(9010, 160), max_tokens=4, temperature=0)
    server = h.own_server(**OPTIONS, file_bytes_max=256 << 10)
    content = server.answer(payload)["content"]
    wait_until(lambda: server.metric("anyclaude_kv_disk_dropped_writes_total", why="io") > 0,
               "a write fails")
    expect_equal(server.answer(payload)["content"], content, "the answer meanwhile")
    wait_until(lambda: "disk cache: cannot write" in server.log(), "a word of it in the log")
    server.stop()
    folder = server.home.path / "cache" / "anyclaude" / "kv"
    left = {path.name for path in folder.rglob("*") if path.is_file()}
    expect(left <= {"lock", "index"}, f"left behind: {left}")
    following = h.own_server(home=server.home, **OPTIONS)
    again = following.answer(payload)
    expect_equal(computed_tokens(again["usage"]), prompt_tokens(again["usage"]),
                 "computed where nothing was written")
    expect_equal(again["content"], content, "the next one's answer")
