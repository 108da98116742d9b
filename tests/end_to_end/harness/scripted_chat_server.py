"""A server of Chat Completions and of Messages whose answers are written down beforehand, for what
needs a model that does what the case wants. Calls go out in the form that the request asks for: as
tool calls where it has tools, else in the words that it was told."""
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MODEL = "scripted-coder"
CONTEXT = 100_000


class ScriptedChatServer:
    """Listens from construction until `close`. `answers`: texts, and calls as (name, arguments), of
    the answers to come where tools are told of, or functions that give one when it is due; else it
    says that it is done. `port`: of one that was closed before. `model`: the name of its model.
    `gets`: {path: what a GET of it answers}, for servers that tell more of themselves."""

    def __init__(self, answers=(), port=0, model=MODEL, gets=None):
        self.answers = list(answers)
        self.asked = []  # bodies, without the probes
        self.closed = False
        self._lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def reply(self, body, kind="application/json", status=200):
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                if self.path in (gets or {}):
                    return self.reply(json.dumps(gets[self.path]).encode())
                if self.path != "/v1/models":
                    return self.reply(b"{}", status=404)
                models = [{"id": model, "object": "model", "max_model_len": CONTEXT}]
                return self.reply(json.dumps({"object": "list", "data": models}).encode())

            def do_POST(self):
                if server.closed:  # on a connection that was kept
                    self.close_connection = True
                    return None
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                if self.path == "/v1/messages":
                    return self.reply(server.answer(body, as_messages), "text/event-stream")
                if not body["stream"]:
                    tokens = 10 + 50 * len(body.get("tools", []))
                    usage = {"prompt_tokens": tokens, "completion_tokens": 1}
                    choice = {"message": {"content": "x"}, "finish_reason": "length"}
                    return self.reply(json.dumps({"choices": [choice], "usage": usage}).encode())
                return self.reply(server.answer(body, as_chunks), "text/event-stream")

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass  # a client that left

        self._server = Quiet(("127.0.0.1", port), Handler)
        self.port = self._server.server_address[1]
        self.host = f"http://127.0.0.1:{self.port}"
        self.url = f"{self.host}/v1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self.closed = True
        self._server.shutdown()
        self._server.server_close()

    def main_requests(self):
        """Those that tell of tools, by either way."""
        return [body for body in self.asked if tells_of_tools(body)]

    def answer(self, body, form):
        with self._lock:
            self.asked.append(body)
            said = self.answers.pop(0) if self.answers and tells_of_tools(body) else "All done."
            number = len(self.asked)
        if callable(said):
            said = said()
        if not isinstance(said, str) and not body.get("tools"):
            words = json.dumps({"name": said[0], "arguments": said[1]})
            said = f"<think>\nI use {said[0]}.\n</think>\n\n<tool_call>\n{words}\n</tool_call>"
        return form(said, f"call_{number}", len(json.dumps(body)) // 4).encode()


def pieces(text, size=7):
    return [text[i:i + size] for i in range(0, len(text), size)]


def as_chunks(said, call_id, prompt_tokens):
    """A text, or a call as (name, arguments), as Chat Completions stream it."""
    if isinstance(said, str):
        deltas, reason = [{"content": piece} for piece in pieces(said)], "stop"
    else:
        name, arguments = said[0], json.dumps(said[1])
        half = len(arguments) // 2
        head = {"index": 0, "id": call_id, "type": "function",
                "function": {"name": name, "arguments": arguments[:half]}}
        tail = {"index": 0, "function": {"arguments": arguments[half:]}}
        deltas, reason = [{"tool_calls": [head]}, {"tool_calls": [tail]}], "tool_calls"
    chunks = [{"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
              for delta in deltas]
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
    chunks.append({"choices": [], "usage": {"prompt_tokens": prompt_tokens,
                                            "completion_tokens": len(deltas)}})
    return "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"


def as_messages(said, call_id, prompt_tokens):
    """The same as Messages stream it; usage comes at the end, as other servers than Anthropic's
    send it."""
    if isinstance(said, str):
        block, reason = {"type": "text", "text": ""}, "end_turn"
        deltas = [{"type": "text_delta", "text": piece} for piece in pieces(said)]
    else:
        block = {"type": "tool_use", "id": call_id, "name": said[0], "input": {}}
        deltas = [{"type": "input_json_delta", "partial_json": piece}
                  for piece in pieces(json.dumps(said[1]))]
        reason = "tool_use"
    events = [{"type": "message_start", "message": {"usage": {"input_tokens": 0}}},
              {"type": "content_block_start", "index": 0, "content_block": block},
              *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
              {"type": "content_block_stop", "index": 0},
              {"type": "message_delta", "delta": {"stop_reason": reason},
               "usage": {"input_tokens": prompt_tokens, "output_tokens": len(deltas)}},
              {"type": "message_stop"}]
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)


def tells_of_tools(body):
    system = body.get("system") or body["messages"][0]["content"]
    return bool(body.get("tools")) or "<tools>" in str(system)
