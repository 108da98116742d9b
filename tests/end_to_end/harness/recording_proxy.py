"""Stands between the real client and the server, passes everything on, and keeps what was said."""
import http.client
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PASSED_ON = ("x-api-key", "authorization", "content-type", "anthropic-version", "anthropic-beta",
             "user-agent", "x-claude-code-session-id", "x-claude-code-agent-id", "x-app",
             "x-anyclaude-learn")


class Exchange:
    def __init__(self, path, payload):
        self.path = path
        self.payload = json.loads(payload) if payload else None
        self.status = None
        self.reply = b""

    def events(self):
        """The events of a streamed reply."""
        return [json.loads(line[6:]) for line in self.reply.decode().splitlines()
                if line.startswith("data: ")]

    def usage(self):
        usage = {}
        for event in self.events():
            usage.update(event.get("message", {}).get("usage") or {})
            usage.update({k: v for k, v in (event.get("usage") or {}).items() if v is not None})
        return usage


class RecordingProxy:
    """Listens on a free port from construction until `close`."""

    def __init__(self, upstream_port):
        self.exchanges = []
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                payload = self.rfile.read(int(self.headers.get("content-length") or 0))
                exchange = Exchange(self.path, payload)
                proxy.exchanges.append(exchange)
                connection = http.client.HTTPConnection("127.0.0.1", upstream_port, timeout=600)
                headers = {k: v for k, v in self.headers.items() if k.lower() in PASSED_ON}
                connection.request(self.command, self.path, payload, headers)
                reply = connection.getresponse()
                exchange.status = reply.status
                self.send_response(reply.status)
                for name, value in reply.getheaders():
                    if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                        self.send_header(name, value)
                self.send_header("connection", "close")
                self.end_headers()
                while piece := reply.read1(65536):
                    exchange.reply += piece
                    try:
                        self.wfile.write(piece)
                        self.wfile.flush()
                    except OSError:
                        break  # the client has left; so does this connection
                connection.close()
                self.close_connection = True

            do_GET = do_HEAD = do_POST

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass  # a client that left

        self.server = Quiet(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def messages(self):
        """The exchanges that asked for an answer."""
        return [e for e in self.exchanges if e.path.split("?")[0] == "/v1/messages"]

    def tell(self):
        """What was said, a paragraph an exchange."""
        lines = []
        for exchange in self.exchanges:
            asked = exchange.payload or {}
            last = json.dumps(asked.get("messages", [])[-1:])
            pieces = [event["delta"] for event in exchange.events()
                      if event["type"] == "content_block_delta"]
            said = "".join(d.get("text", d.get("partial_json", "")) for d in pieces)
            lines += [f"> {exchange.path}: {len(asked.get('tools', []))} tools, "
                      f"{len(asked.get('messages', []))} messages, the last ends {last[-300:]}",
                      f"< {exchange.status} {exchange.usage()} {said[:300]!r}"]
        return "\n".join(lines)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
