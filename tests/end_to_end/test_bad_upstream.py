"""Another server of models that is broken: whatever it sends, and wherever it stops, the client
gets a whole answer or an error in its own form, and the next request is served."""
import json

from harness import body, expect, expect_equal, text, user, wait_until
from harness.raw_upstream import RawUpstream, http

UPSTREAM_KEY = "the-key-of-the-upstream"
TOOL = {"name": "Read", "description": "Reads a file.",
        "input_schema": {"type": "object", "properties": {"path": {"type": "string"}}}}


def chunk(delta, reason=None):
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return f"data: {json.dumps({'choices': [choice]})}\n\n"


def call(arguments, name="Read"):
    function = {"name": name, "arguments": arguments}
    return chunk({"tool_calls": [{"index": 0, "id": "c1", "function": function}]}, "tool_calls")


def stream(*chunks):
    return http("200 OK", "text/event-stream", "".join(chunks))


HELLO = chunk({"content": "Hello."})
END = chunk({}, "stop") + "data: [DONE]\n\n"
GOOD = stream(HELLO, END)
HEAD = GOOD[:GOOD.index("\r\n\r\n")]
CUT_CHARACTER = GOOD.encode().replace(b"Hello.", b"Hell\xc3")

# Where it stops, or what it sends instead: bytes, and whether it resets the connection then.
BROKEN = {
    "nothing": (b"", "close"),
    "nothing, and a reset": (b"", "reset"),
    "half a status line": ("HTTP/1.", "close"),
    "half a status line, and a reset": ("HTTP/1.", "reset"),
    "a status without headers": ("HTTP/1.1 200 OK\r\n", "close"),
    "half of the headers": (HEAD[:-10], "close"),
    "headers alone": (HEAD + "\r\n\r\n", "close"),
    "headers alone, and a reset": (HEAD + "\r\n\r\n", "reset"),
    "a piece of the answer": (stream(HELLO), "close"),
    "a piece of the answer, and a reset": (stream(HELLO), "reset"),
    "half an event": (stream(HELLO) + 'data: {"choices":[{"delta":{"con', "close"),
    "half an event, and a reset": (stream(HELLO) + 'data: {"choi', "reset"),
    "half a character": (CUT_CHARACTER[:CUT_CHARACTER.index(b"\xc3") + 1], "close"),
    "invalid UTF-8 in an event": (CUT_CHARACTER, "close"),
    "less than its length": (http("200 OK", "application/json", '{"choices":',
                                  "content-length: 5000\r\n"), "close"),
    "a chunk cut short": (http("200 OK", "text/event-stream", "fff\r\ndata: ",
                               "transfer-encoding: chunked\r\n"), "close"),
    "chunks without a number": (http("200 OK", "text/event-stream", "what\r\n\r\n",
                                     "transfer-encoding: chunked\r\n"), "close"),
    "something else than HTTP": ("220 mail.example ESMTP\r\n", "close"),
    "random bytes": (bytes(range(256)) * 40, "close"),
    "HTML": (http("200 OK", "text/html", "<html><body>Log in</body></html>"), "close"),
    "HTML as a stream": (http("200 OK", "text/event-stream", "<html>\n\n</html>\n\n"), "close"),
    "another object": (http("200 OK", "application/json", '{"object":"list"}'), "close"),
    "an empty body": (http("200 OK", "application/json", ""), "close"),
    "no content": ("HTTP/1.1 204 No Content\r\n\r\n", "close"),
    "a redirect": (http("302 Found", "text/html", "", "location: http://127.0.0.1:1/\r\n"),
                   "close"),
    "an unknown status": (http("799 What", "text/html", "<html>"), "close"),
    "events that are no JSON": (stream("data: nonsense\n\n"), "close"),
    "a choice that is none": (stream('data: {"choices":[7]}\n\n', END), "close"),
    "an error amid the answer": (stream(HELLO, 'data: {"error":{"message":"out of memory"}}\n\n'),
                                 "close"),
    "an event without end": (stream("data: " + "x" * (20 << 20)), "close"),
    "headers without end": ("HTTP/1.1 200 OK\r\n" + "x-more: yes\r\n" * 200_000, "close"),
    "calls that are no list": (stream(chunk({"tool_calls": 7}, "tool_calls")), "close"),
}
# What can be made sense of: bytes, the stop reason, and text or calls that the client gets.
UNDERSTOOD = {
    "no usage": (GOOD, "end_turn", "Hello."),
    "no end but a reason": (stream(HELLO, chunk({}, "stop")), "end_turn", "Hello."),
    "no reason but an end": (stream(HELLO, "data: [DONE]\n\n"), "end_turn", "Hello."),
    "two reasons": (stream(HELLO, chunk({}, "stop"), chunk({}, "length"), END), "end_turn",
                    "Hello."),
    "chunks after the end": (stream(HELLO, END, chunk({"content": "More."})), "end_turn",
                             "Hello."),
    "comments and other fields": (stream(": ping\n\nretry: 7\n\nid: 1\n", HELLO, END), "end_turn",
                                  "Hello."),
    "lines that end in CR LF": (stream((HELLO + END).replace("\n", "\r\n")), "end_turn",
                                "Hello."),
    "a giant line": (stream(chunk({"content": "x" * (8 << 20)}), END), "end_turn",
                     "x" * (8 << 20)),
    "a whole answer": (http("200 OK", "application/json", json.dumps({"choices": [
        {"message": {"content": "Hello."}, "finish_reason": "stop"}]})), "end_turn", "Hello."),
    "arguments encoded twice": (stream(call(json.dumps(json.dumps({"path": "a"})))), "tool_use",
                                [("Read", {"path": "a"})]),
    "no arguments": (stream(call("")), "tool_use", [("Read", {})]),
    "a call of an unknown tool": (stream(call("{}", "Wield")), "tool_use", [("Wield", {})]),
}


def started(h):
    upstream = RawUpstream()
    server = h.own_server(mode="openai", openai_url=upstream.url, openai_key=UPSTREAM_KEY)
    return upstream, server


def asked():
    return body(user([text("Hello")]), tools=[TOOL], max_tokens=100)


def expect_error(what, error):
    expect_equal(sorted(error), ["message", "type"], f"{what}: the error's fields")
    expect(error["type"] in ("api_error", "overloaded_error", "timeout_error"),
           f"{what}: {error}")
    expect(error["message"].strip(), f"{what}: no words")
    expect(UPSTREAM_KEY not in error["message"], f"{what}: the key is told: {error}")


def check_broken(server, what):
    reply = server.ask(asked())
    expect(reply.status >= 500, f"{what}: status {reply.status} ({reply.text[:300]})")
    expect_error(what, reply.json["error"])
    # A stream may have begun when it goes wrong: then its last event says so.
    streamed = server.stream(asked())
    if streamed.status == 200:
        last = list(streamed)[-1]
        expect_equal(last["type"], "error", f"{what}: the last event ({last})")
        expect_error(what, last["error"])
    else:
        expect_error(what, json.loads(streamed.reply.read())["error"])


def test_whatever_breaks_is_an_error(h):
    upstream, server = started(h)
    for what, (raw, then) in BROKEN.items():
        upstream.answers(raw, then)
        check_broken(server, what)
        upstream.answers(GOOD)
        expect_equal(server.answer(asked())["content"], [{"type": "text", "text": "Hello."}],
                     f"the answer after {what}")
    expect(UPSTREAM_KEY not in server.log(), "the log has the key")
    upstream.close()


def test_what_can_be_understood_is_an_answer(h):
    upstream, server = started(h)
    for what, (raw, reason, said) in UNDERSTOOD.items():
        upstream.answers(raw)
        answer = server.answer(asked())
        expect_equal(answer["stop_reason"], reason, f"{what}: why it stopped")
        if isinstance(said, str):
            expect(answer["content"] == [{"type": "text", "text": said}],
                   f"{what}: it says {str(answer['content'])[:300]}")
        else:
            calls = [(block["name"], block["input"]) for block in answer["content"]]
            expect_equal(calls, said, f"{what}: the calls")
    upstream.close()


def test_only_what_was_not_begun_is_asked_again(h):
    upstream, server = started(h)
    for raw, times in ((b"", 2), (HEAD, 1), (stream(HELLO), 1)):
        upstream.answers(raw, "reset")
        expect(server.ask(asked()).status >= 500, "it is an answer")
        expect_equal(upstream.asked, times, f"requests that the server got for {raw!r}")
    upstream.close()


def test_a_client_that_leaves_takes_its_request_along(h):
    """At every stage at which a server may hang: before its first byte, in its headers, behind
    them, and in the middle of its answer."""
    upstream, server = started(h)
    half = stream(HELLO) + 'data: {"choi'
    for raw in (b"", "HTTP/1.", HEAD, HEAD + "\r\n\r\n", stream(HELLO), half):
        upstream.answers(raw, "hang")
        # The client has its status after two seconds at the latest.
        server.stream(asked()).leave()
        wait_until(upstream.left.is_set, f"the request is cut after {raw!r}", 20)
    upstream.answers(GOOD)
    expect_equal(server.answer(asked())["stop_reason"], "end_turn", "the end of what comes then")
    upstream.close()
