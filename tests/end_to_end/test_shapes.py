"""Message shapes that the real client sends: each is a 200, and its usage is what was counted."""
import base64

from harness import assistant, body, expect, expect_equal, prompt_tokens, text, user

PIXEL = base64.b64encode(bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478da63"
    "6460f85f0f0002870180eb47ba920000000049454e44ae426082")).decode()
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}
DOCUMENT = {"type": "document", "title": "plan.pdf",
            "source": {"type": "base64", "media_type": "application/pdf", "data": PIXEL}}
CACHED = {"cache_control": {"type": "ephemeral"}}
READ = {"name": "Read", "description": "Reads a file.",
        "input_schema": {"type": "object", "properties": {"file_path": {"type": "string"}},
                         "required": ["file_path"]}}


def system(content):
    return {"role": "system", "content": content}


def use(identity="toolu_1", path="notes.txt", **more):
    return {"type": "tool_use", "id": identity, "name": "Read", "input": {"file_path": path},
            **more}


def result(content=None, identity="toolu_1", **more):
    block = {"tool_use_id": identity, "type": "tool_result", **more}
    return block if content is None else {**block, "content": content}


def after_call(*blocks, calls=(use(),)):
    return body("Read the notes.", assistant([text("Reading."), *calls]), user(list(blocks)),
                tools=[READ])


PLAIN = {
    "a string": body("Hi."),
    "text blocks": body(user([text("Hi."), text("How are you?")])),
    "an empty string": body(user("")),
    "an empty array": body(user([])),
    "an empty array in the middle": body("Hi.", assistant([]), "Again."),
    "consecutive user turns": body("One.", "Two.", "Three."),
    "consecutive assistant turns": body("One.", assistant("a"), assistant("b"), "Two."),
    "assistant first": body(assistant("Welcome."), "Hi."),
    "assistant last": body("The capital of France is", assistant("Paris, a")),
    "system as a string": body("Hi.", system="You are terse."),
    "system as blocks": body("Hi.", system=[text("You are terse."), {**text("Really."), **CACHED}]),
    "system as an empty array": body("Hi.", system=[]),
    "system in the middle": body("Hi.", assistant("Hello."), system("The date changed."), "And?"),
    "system in the middle as blocks": body("Hi.", system([text("It rains.")]), "And?"),
    "system in the middle, empty": body("Hi.", assistant("Hello."), system([]), "And?"),
    "system last": body("Hi.", system([{**text("Skills: none."), **CACHED}])),
    "system first in messages": body(system("Be kind."), "Hi."),
    "moving cache_control": body(user([{**text("Hi."), **CACHED}])),
    "after a compaction": body("A summary.", "What now?", assistant("Work."), "Go on.",
                               user([text("More.")]), system([])),
}
THINKING = {
    "thinking echoed": body("Hi.", assistant([
        {"type": "thinking", "thinking": "A greeting.", "signature": ""}, text("Hello.")]), "And?"),
    "redacted thinking": body("Hi.", assistant([
        {"type": "redacted_thinking", "data": "AAAA"}, text("Hello.")]), "And?"),
    "thinking adaptive": body("Hi.", thinking={"type": "adaptive", "display": "omitted"}),
    "thinking with a budget": body("Hi.", thinking={"type": "enabled", "budget_tokens": 31999}),
    "thinking disabled": body("Hi.", thinking={"type": "disabled"}),
    "everything the client adds": body(
        "Hi.", max_tokens=4, tools=[READ], context_management={"edits": [
            {"type": "clear_thinking_20251015", "keep": "all"}]},
        safeguards=[{"type": "dangerous_tool_use"}], output_config={"effort": "high"},
        metadata={"user_id": '{"device_id":"d","account_uuid":"","session_id":"s"}'},
        thinking={"type": "adaptive", "display": "updates"}),
}
TOOLS = {
    "result as a string": after_call(result("three lines")),
    "result as text blocks": after_call(result([text("one"), text("two")])),
    "result as an empty array": after_call(result([])),
    "result as an empty string": after_call(result("")),
    "result without content": after_call(result()),
    "result that failed": after_call(result("No such file.", is_error=True)),
    "result with an image": after_call(result([IMAGE])),
    "result with text around an image": after_call(result([text("before"), IMAGE, text("after")])),
    "result with a tool reference": after_call(result([
        {"type": "tool_reference", "tool_name": "Read"}])),
    "result with a document": after_call(result([DOCUMENT])),
    "result with an unknown block": after_call(result([{"type": "hologram", "data": 1}])),
    "result and text": after_call(result("done"), text("Now sum up.")),
    "text before the result": after_call(text("Here:"), result("done")),
    "two calls, two results": after_call(
        result("a"), result("b", "toolu_2"), calls=(use(), use("toolu_2", "b.txt"))),
    "two calls, results swapped": after_call(
        result("b", "toolu_2"), result("a"), calls=(use(), use("toolu_2", "b.txt"))),
    "two calls, one result": after_call(result("a"), calls=(use(), use("toolu_2"))),
    "a call without a result": body("Read.", assistant([use()]), "Never mind.", tools=[READ]),
    "a result without a call": body(user([result("orphan", "toolu_9")]), tools=[READ]),
    "a call of a tool that is gone": body("Read.", assistant([use()]), user([result("x")])),
    "a call only, no text": body("Read.", assistant([use()]), user([result("x")]), tools=[READ]),
    "an input the client could not parse": after_call(
        result("Bad input.", is_error=True),
        calls=({**use(), "input": {"__unparsedToolInput": {"raw": "{\"a", "len": 3}}},)),
    "a system turn after a result": body(
        "Read.", assistant([use()]), user([result("x")]), system("Be brief."), tools=[READ]),
    "a server tool": body("Find it.", tools=[
        {"type": "web_search_20250305", "name": "web_search", "max_uses": 8}]),
    "a deferred tool": body("Hi.", tools=[{**READ, "defer_loading": True}, {
        "name": "DeferredToolPlaceholder", "description": "", "input_schema": {"type": "object"}}]),
    "a tool without a schema": body("Hi.", tools=[{"name": "Now", "description": "The time."}]),
    "no tools": body("Hi.", tools=[]),
}
MEDIA = {
    "an image": body(user([IMAGE, text("What is it?")])),
    "an image by address": body(user([
        {"type": "image", "source": {"type": "url", "url": "http://127.0.0.1:9/a.png"}}])),
    "a document": body(user([DOCUMENT, text("Sum it up.")])),
    "a document of text": body(user([{"type": "document", "source": {
        "type": "text", "media_type": "text/plain", "data": "The bridge is closed."}}])),
    "a search result": body(user([{"type": "search_result", "source": "a", "title": "b",
                                   "content": [text("c")]}])),
}


def check(h, shapes):
    server = h.server()
    for name, payload in shapes.items():
        payload = {**payload, "max_tokens": min(payload["max_tokens"], 2)}
        reply = server.ask(payload)
        expect_equal(reply.status, 200, f"{name}: status ({reply.text[:200]})")
        answer = reply.json
        expect_equal(answer["role"], "assistant", f"{name}: role")
        expect(answer["stop_reason"] in ("end_turn", "max_tokens", "tool_use"),
               f"{name}: stop_reason {answer['stop_reason']}")
        expect_equal(server.count(payload), prompt_tokens(answer["usage"]),
                     f"{name}: count_tokens beside the usage")
    h.note(f"{len(shapes)} shapes")


def test_plain_turns(h):
    check(h, PLAIN)


def test_thinking_and_extras(h):
    check(h, THINKING)


def test_tools_and_results(h):
    check(h, TOOLS)


def test_images_and_documents_for_a_blind_model(h):
    check(h, MEDIA)


def test_strings_and_blocks_are_the_same_prompt(h):
    server = h.server()
    plain = body("Where is the harbour?", assistant("South."), "And the mill?", system="Be brief.")
    blocks = body(user([text("Where is the harbour?")]), assistant([{**text("South."), **CACHED}]),
                  user([{**text("And the mill?"), **CACHED}]),
                  system=[{**text("Be brief."), **CACHED}])
    server.answer(plain)
    usage = server.answer(blocks)["usage"]
    expect_equal(server.count(plain), prompt_tokens(usage), "prompt tokens of both forms")
    recomputed = prompt_tokens(usage) - usage["cache_read_input_tokens"]
    expect(recomputed <= 1, f"the same prompt as blocks recomputed {recomputed} tokens")


def test_a_late_system_turn_keeps_the_prefix(h):
    server = h.server()
    first = body("Tell me about the old mill by the river, at some length please.", system="Brief.")
    server.answer(first)
    later = {**first, "messages": [*first["messages"], system("A new day has begun.")]}
    usage = server.answer(later)["usage"]
    kept = usage["cache_read_input_tokens"]
    expect(kept >= server.count(first) - 12,
           f"a system turn at the end must not move to the top: only {kept} tokens were kept")


def test_max_tokens_is_clamped(h):
    payload = body("Say yes.", max_tokens=128000, stop_sequences=[" ", "\n", ".", ",", "!"])
    answer = h.server().answer(payload)
    expect(answer["stop_reason"] in ("stop_sequence", "end_turn", "max_tokens"), str(answer))
