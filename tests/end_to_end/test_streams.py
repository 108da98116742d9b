"""Streamed answers: the order of the events, pings, tools, and what stops an answer."""
import json
import time

from harness import body, expect, expect_equal, prompt_tokens, prose, text, wait_until

WEATHER = {"name": "weather", "description": "The weather of a town.",
           "input_schema": {"type": "object", "required": ["town", "days"],
                            "properties": {"town": {"type": "string", "maxLength": 20},
                                           "days": {"type": "integer", "enum": [1, 2, 3]}},
                            "additionalProperties": False}}
NOTE = {"name": "note", "description": "Keeps a note.",
        "input_schema": {"type": "object", "properties": {
            "kind": {"enum": ["idea", "task"]}}, "required": ["kind"]}}


def collect(events):
    """Checks the grammar of a stream; returns (content blocks, stop reason)."""
    blocks, order, reason = [], [], None
    for event in events:
        kind = event["type"]
        if kind == "ping":
            continue
        order.append(kind)
        if kind == "content_block_start":
            expect_equal(event["index"], len(blocks), "the block's index")
            blocks.append({**event["content_block"], "json": ""})
        elif kind == "content_block_delta":
            expect_equal(event["index"], len(blocks) - 1, "the delta's index")
            delta = event["delta"]
            if delta["type"] == "text_delta":
                blocks[-1]["text"] += delta["text"]
            elif delta["type"] == "input_json_delta":
                blocks[-1]["json"] += delta["partial_json"]
        elif kind == "message_delta":
            reason = event["delta"]["stop_reason"]
        elif kind == "error":
            expect(False, f"an error event: {event}")
    expect_equal(order[0], "message_start", "the first event")
    expect_equal(order[-2:], ["message_delta", "message_stop"], "the last events")
    expect_equal(order.count("content_block_start"), order.count("content_block_stop"),
                 "starts beside stops")
    for block in blocks:
        if block["type"] == "tool_use":
            block["input"] = json.loads(block["json"] or "{}")
    return blocks, reason


def test_the_order_of_events(h):
    server = h.server()
    payload = body("Write one sentence about a lamp.", max_tokens=12)
    stream = server.stream(payload)
    blocks, reason = collect(stream)
    expect_equal(len(blocks), 1, "text blocks")
    expect(blocks[0]["text"].strip(), "no text")
    expect(reason in ("end_turn", "max_tokens"), str(reason))
    expect_equal(prompt_tokens(stream.usage), server.count(payload), "usage beside count_tokens")
    expect(1 <= stream.usage["output_tokens"] <= 12, str(stream.usage))
    expect(stream.reply.getheader("content-type").startswith("text/event-stream"), "content type")
    expect(stream.reply.getheader("request-id"), "no request-id")
    expect_equal(stream.reply.getheader("x-anyclaude-backend"), "embedded", "x-anyclaude-backend")


def test_whole_answers_equal_streamed_ones(h):
    payload = body("Count from one to five.", max_tokens=16, temperature=0)
    # Beside other conversations in the cells the second answer would lie elsewhere than the first,
    # and sums of other order now and then choose another word.
    server = h.own_server()
    whole = server.answer(payload)
    blocks, reason = collect(server.stream(payload))
    expect_equal(blocks[0]["text"], whole["content"][0]["text"], "the text at temperature 0")
    expect_equal(reason, whole["stop_reason"], "the stop reason")


def check_call(block, tool, name):
    expect_equal(block["type"], "tool_use", f"{name}: the block's type")
    expect(block["id"].startswith("toolu_"), f"{name}: id {block['id']}")
    if tool is WEATHER:
        expect_equal(sorted(block["input"]), ["days", "town"], f"{name}: keys of {block['input']}")
        expect(block["input"]["days"] in (1, 2, 3), f"{name}: {block['input']}")
    else:
        expect(block["input"]["kind"] in ("idea", "task"), f"{name}: {block['input']}")


def test_tool_choice(h):
    server = h.server()
    tools = [WEATHER, NOTE]
    question = body("Will it rain in Oslo tomorrow?", tools=tools, max_tokens=96)
    for name, choice in {"any": {"type": "any"}, "tool": {"type": "tool", "name": "note"}}.items():
        blocks, reason = collect(server.stream({**question, "tool_choice": choice}))
        expect_equal(reason, "tool_use", f"{name}: stop reason")
        for block in blocks:
            tool = WEATHER if block.get("name") == "weather" else NOTE
            expect(name == "any" or tool is NOTE, f"{name}: called {block.get('name')}")
            check_call(block, tool, name)
    one = {"type": "any", "disable_parallel_tool_use": True}
    blocks, _ = collect(server.stream({**question, "tool_choice": one}))
    expect_equal(len(blocks), 1, "calls with disable_parallel_tool_use")
    blocks, reason = collect(server.stream({**question, "tool_choice": {"type": "none"}}))
    expect(all(block["type"] == "text" for block in blocks), f"none: {blocks}")


def test_tool_choice_changes_no_prompt_token(h):
    server = h.server()
    question = body("Is it cold?", tools=[WEATHER, NOTE], max_tokens=40)
    counts = {server.count({**question, **more}) for more in (
        {}, {"tool_choice": {"type": "any"}}, {"tool_choice": {"type": "tool", "name": "note"}},
        {"tool_choice": {"type": "none"}},
        {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}})}
    expect_equal(len(counts), 1, f"different prompts: {counts}")


def test_output_config_holds_the_answer_to_a_schema(h):
    schema = {"type": "object", "required": ["title", "safe"], "additionalProperties": False,
              "properties": {"title": {"type": "string", "maxLength": 30},
                             "safe": {"type": "boolean"}}}
    answer = h.server().answer(body("Name this talk.", max_tokens=80, output_config={
        "format": {"type": "json_schema", "schema": schema}}))
    said = "".join(block["text"] for block in answer["content"])
    if answer["stop_reason"] == "end_turn":
        value = json.loads(said)
        expect_equal(sorted(value), ["safe", "title"], "keys")
        expect(isinstance(value["safe"], bool), said)
    expect(said.lstrip().startswith("{"), said)


def test_stop_sequences_end_an_answer(h):
    # Its own: of a model this small a near tie may turn where the same tokens lie in other cells.
    server = h.own_server()
    payload = body("Count from one to five.", max_tokens=16, temperature=0)
    said = server.answer(payload)["content"][0]["text"]
    stop = said[4:7]
    answer = server.answer({**payload, "stop_sequences": ["never said", stop]})
    expect_equal(answer["stop_reason"], "stop_sequence", "stop reason")
    expect_equal(answer["stop_sequence"], stop, "the sequence that stopped it")
    expect_equal(answer["content"][0]["text"], said[:said.index(stop)], "the text before it")


def test_the_head_comes_before_the_prompt_is_computed(h):
    """message_start at once, pings while computing, then the answer."""
    server = h.server()
    payload = body(prose(41, 1500), max_tokens=2)
    total = server.count(payload)
    before = server.prefilled()
    start = time.monotonic()
    stream = server.stream(payload)
    events = iter(stream)
    expect_equal(next(events)["type"], "message_start", "the first event")
    waited = time.monotonic() - start
    expect(server.prefilled() - before < total, "message_start came after the prompt was computed")
    kinds, last, longest = [], time.monotonic(), 0.0
    for event in events:
        longest = max(longest, time.monotonic() - last)
        last = time.monotonic()
        kinds.append(event["type"])
    expect_equal(kinds[-1], "message_stop", "the last event")
    expect(longest < 8, f"{longest:.1f} s without an event; a ping is due every 5 s")
    if time.monotonic() - start > 8:
        expect("ping" in kinds, "no ping while computing")
    h.note(f"message_start after {waited * 1e3:.0f} ms")


def test_decoding_goes_on_beside_a_long_prompt(h):
    """A running answer and a new short request do not wait for somebody else's long prompt."""
    server = h.server()
    long_one = server.stream(body(prose(42, 2500), max_tokens=1))
    next(iter(long_one))
    before = server.prefilled()
    wait_until(lambda: server.prefilled() > before, "the long prompt is being computed", 60)
    start = time.monotonic()
    server.answer(body(user_text("A short question."), max_tokens=4))
    waited = time.monotonic() - start
    expect(server.in_flight() >= 1, "the long prompt was over before the short answer: no proof")
    long_one.leave()
    h.note(f"short answer beside a long prompt after {waited:.1f} s")


def user_text(value):
    return {"role": "user", "content": [text(value)]}
