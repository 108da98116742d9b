"""An Anthropic Messages server whose answers are written down beforehand: for traffic that needs a
model which does what a scenario wants. It keeps what it is asked, as `serve --record` does."""
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = ("authorization", "x-api-key", "cookie", "proxy-authorization")


def text(words):
    return {"type": "text", "text": words}


def call(tool, **arguments):
    return {"type": "tool_use", "name": tool, "input": arguments}


def value_of(schema):
    """The least that a JSON schema takes."""
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "object":
        return {name: value_of(each) for name, each in schema.get("properties", {}).items()}
    simple = {"array": [], "boolean": False, "integer": 1, "number": 1}
    return simple.get(schema.get("type"), "words")


class ScriptedModel:
    """Listens from construction until `close`. `answers`: blocks of each answer to come in the main
    conversation; behind the last, and for sub-agents and side requests, it says that it is done."""

    def __init__(self):
        self.folder = None
        self.answers = []
        self._lock = threading.Lock()
        self._ids = 0
        model = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def reply(self, body, kind="application/json"):
                self.send_response(200)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def do_GET(self):
                self.reply(b'{"data":[],"has_more":false}')

            do_HEAD = do_GET

            def do_POST(self):
                raw = self.rfile.read(int(self.headers.get("content-length") or 0))
                body = json.loads(raw or b"{}")
                model.keep(self, body)
                if "count_tokens" in self.path:
                    return self.reply(json.dumps({"input_tokens": len(raw) // 4}).encode())
                # So few that the client compacts where the scenario says so, and nowhere else.
                tokens = len(raw) // 16
                blocks = model.answer(body, self.headers.get("x-claude-code-agent-id"))
                message = model.message(body, blocks, tokens)
                if body.get("stream"):
                    return self.reply(events(message), "text/event-stream")
                return self.reply(json.dumps(message).encode())

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass  # a client that left

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def keep(self, request, body):
        with self._lock:
            number = len(list(self.folder.glob("[0-9]*.json"))) + 1
            record = {"t": time.time(), "method": request.command, "path": request.path,
                      "headers": [[name, value] for name, value in request.headers.items()
                                  if name.lower() not in SECRET],
                      "body": body, "n": number}
            path = self.folder / f"{number:06}.json"
            path.touch(mode=0o600)
            path.write_text(json.dumps(record, ensure_ascii=False))

    def answer(self, body, agent):
        schema = ((body.get("output_config") or {}).get("format") or {}).get("schema")
        if schema:
            return [text(json.dumps(value_of(schema)))]
        with self._lock:
            if body.get("tools") and not agent and self.answers:
                return self.answers.pop(0)
        return [text("That is done.")]

    def message(self, body, blocks, tokens):
        content = []
        with self._lock:
            for block in blocks:
                self._ids += 1
                extra = {"id": f"toolu_{self._ids:024}"} if block["type"] == "tool_use" else {}
                content.append({**block, **extra})
        calls = any(block["type"] == "tool_use" for block in blocks)
        return {"id": f"msg_{self._ids:024}", "type": "message", "role": "assistant",
                "model": body["model"], "content": content, "stop_sequence": None,
                "stop_reason": "tool_use" if calls else "end_turn",
                "usage": {"input_tokens": tokens, "output_tokens": 10}}


def events(message):
    """The message as a stream."""
    begun = {**message, "content": [], "stop_reason": None}
    written = [{"type": "message_start", "message": begun}]
    for index, block in enumerate(message["content"]):
        if block["type"] == "text":
            empty, delta = {**block, "text": ""}, {"type": "text_delta", "text": block["text"]}
        else:
            empty = {**block, "input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        written += [{"type": "content_block_start", "index": index, "content_block": empty},
                    {"type": "content_block_delta", "index": index, "delta": delta},
                    {"type": "content_block_stop", "index": index}]
    written += [{"type": "message_delta", "usage": message["usage"],
                 "delta": {"stop_reason": message["stop_reason"], "stop_sequence": None}},
                {"type": "message_stop"}]
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"
                   for event in written).encode()
