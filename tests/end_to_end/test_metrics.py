"""/metrics: all that docs/metrics.md promises is there, and its counts are of what was sent."""
import json
import re

from harness import (body, computed_tokens, expect, expect_equal, prompt_tokens, prose,
                     wait_until)
from harness.scripted_chat_server import ScriptedChatServer
from harness.setup import ROOT

DOCUMENT = ROOT / "docs" / "metrics.md"
BOARD = ROOT / "packaging" / "grafana.json"
ROW = re.compile(r"\| `(anyclaude_\w+)` \| (\w+) \| (.*?) \| .+ \|$")
# They come with the first of what they count.
APPEAR_LATER = {"anyclaude_http_refused_total", "anyclaude_journal_dropped_records_total"}


def documented():
    """{name: (type, labels)}"""
    rows = filter(None, map(ROW.match, DOCUMENT.read_text().splitlines()))
    return {row[1]: (row[2], set(re.findall(r"`(\w+)`", row[3]))) for row in rows}


def printed(server):
    types, labels = {}, {}
    for line in server.get("/metrics").text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            types[name] = kind
    for series, found in server.metrics():
        name = re.sub(r"_(bucket|sum|count)$", "", series)
        name = name if types.get(name) == "histogram" else series
        labels.setdefault(name, set()).update(key for key, _ in found if key != "le")
    return {name: (kind, labels.get(name, set())) for name, kind in types.items()}


def test_the_document_has_all_metrics_and_no_others(h):
    upstream = ScriptedChatServer()
    embedded = h.own_server()
    remote = h.own_server(mode="openai", openai_url=f"http://127.0.0.1:{upstream.port}/v1")
    there = {}
    for server in (embedded, remote):
        server.answer(body("Hello.", max_tokens=2))
        there.update(printed(server))
    upstream.close()
    listed = documented()
    expect(len(listed) > 40, f"rows of {DOCUMENT.name}: {len(listed)}")
    for name, of in there.items():
        expect(name in listed, f"{DOCUMENT.name} has no {name}")
        expect_equal(listed[name], of, f"type and labels of {name}")
        listed.pop(name)
    expect_equal(set(listed), APPEAR_LATER, "documented, and not there")


def test_the_board_asks_for_what_there_is(h):
    board = json.loads(BOARD.read_text())
    listed = documented()
    asked = set()
    for panel in board["panels"]:
        for target in panel["targets"]:
            asked.update(re.findall(r"anyclaude_\w+", target["expr"]))
    expect(len(asked) >= 10, f"metrics of the board: {asked}")
    for name in asked:
        base = re.sub(r"_(bucket|sum|count)$", "", name)
        expect(name in listed or base in listed, f"the board asks for {name}")


def test_counts_are_those_of_the_requests(h):
    server = h.own_server()
    first = body(prose(31, 300), max_tokens=4, temperature=0)
    usages = [server.answer(first)["usage"], server.answer(first)["usage"],
              server.answer(body(prose(32, 200), max_tokens=4, temperature=0))["usage"]]
    stream = list(server.stream(body(prose(33, 100), max_tokens=4, temperature=0)))
    expect(stream, "a stream has events")
    refused = server.ask({"model": "m", "max_tokens": 1, "messages": []})
    expect_equal(refused.status, 400, "status of a request without messages")

    computed = sum(map(computed_tokens, usages))
    prompts = sum(map(prompt_tokens, usages))
    alone = server.metric("anyclaude_api_prompt_tokens_total") - prompts  # the stream's
    expect(alone > 100, f"prompt tokens of the stream: {alone}")
    count = {name: int(server.metric(name)) for name in documented() if name.endswith("_total")}
    expect_equal(int(server.metric("anyclaude_api_requests_total", endpoint="messages",
                                   status="200")), 4, "answers")
    expect_equal(int(server.metric("anyclaude_api_requests_total", endpoint="messages",
                                   status="400")), 1, "refusals")
    expect_equal(int(server.metric("anyclaude_api_time_to_first_token_seconds_count")), 4,
                 "first tokens")
    expect_equal(count["anyclaude_api_prompt_tokens_total"]
                 - count["anyclaude_api_prompt_tokens_cached_total"],
                 server.prefilled(), "computed, as told and as counted by the engine")
    expect(server.prefilled() >= computed, "all that was told is computed")
    expect_equal(count["anyclaude_engine_reused_tokens_total"],
                 count["anyclaude_api_prompt_tokens_cached_total"], "reused")
    expect_equal(count["anyclaude_engine_decoded_tokens_total"],
                 count["anyclaude_api_output_tokens_total"], "tokens of answers")
    expect_equal(count["anyclaude_prompt_tokens_total"],
                 count["anyclaude_api_prompt_tokens_total"], "tokens by section")
    expect_equal(count["anyclaude_prompt_departures_total"], 4, "departures")
    expect_equal(int(server.metric("anyclaude_prompt_departures_total", reason="first")), 1,
                 "the first prompt")
    expect_equal(int(server.metric("anyclaude_api_in_flight")), 0, "in flight")


def test_sizes_are_those_of_the_files(h):
    server = h.own_server()
    server.answer(body(prose(34, 400), max_tokens=2, temperature=0))
    folder = server.home.path / "cache" / "anyclaude" / "kv"

    def pieces():
        return [path for kind in ("range", "point") for path in folder.rglob(f"*.{kind}")]

    def agrees():
        return (pieces()
                and server.metric("anyclaude_kv_disk_queue_bytes") == 0
                and server.metric("anyclaude_kv_disk_pieces") == len(pieces())
                and server.metric("anyclaude_kv_disk_bytes")
                == sum(path.stat().st_size for path in pieces()))
    wait_until(agrees, "pieces and bytes are those of the folder")
    expect_equal(int(server.metric("anyclaude_kv_disk_writer")), 1, "writer")
    state = server.home.path / "state" / "anyclaude"
    for journal in ("savings", "answers"):
        file = state / journal  # written by a thread of its own, a moment after the answer
        wait_until(lambda of=journal, file=file: file.exists() and file.stat().st_size > 0
                   and server.metric("anyclaude_journal_bytes", journal=of) == file.stat().st_size,
                   f"bytes of the journal {journal}")


def test_the_log_can_be_read_by_programs(h):
    server = h.own_server(log_format="json")
    reply = server.ask(body("Hello.", max_tokens=2))
    wait_until(lambda: reply.headers["request-id"] in server.log(), "the request is logged")
    lines = [json.loads(line) for line in server.log().splitlines() if line.startswith("{")]
    about = [line for line in lines if line.get("request_id") == reply.headers["request-id"]]
    expect(about and "prompt tokens" in about[0]["message"], f"lines of the request: {about}")
    for line in lines:
        expect(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"]), str(line))
        expect("Hello." not in json.dumps(line), f"words of a prompt in {line}")
