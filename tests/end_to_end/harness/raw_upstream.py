"""A server of models that answers requests with bytes as they are told, whether or not they are
HTTP, and then closes, resets the connection, or hangs."""
import json
import re
import socket
import struct
import threading

MODELS = json.dumps({"data": [{"id": "raw", "max_model_len": 100_000}]})


def http(status, kind, body, more=""):
    """A reply whose body ends with the connection."""
    return f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\nconnection: close\r\n{more}\r\n{body}"


class RawUpstream:
    """Listens from construction until `close`. Lists one model; `bytes` and `then` (close, reset or
    hang) are for every request of a stream. `asked` counts these; `left` is set when the other side
    has closed a connection that hung."""

    def __init__(self):
        self.bytes = b""
        self.then = "close"
        self.asked = 0
        self.left = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/v1"
        threading.Thread(target=self._accept, daemon=True).start()

    def answers(self, raw, then="close"):
        self.bytes = raw.encode() if isinstance(raw, str) else raw
        self.then = then
        self.asked = 0
        self.left.clear()

    def close(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            try:
                head, body = self._read(connection)
                if head.startswith("GET /v1/models"):
                    connection.sendall(http("200 OK", "application/json", MODELS).encode())
                elif not head.startswith("POST /v1/chat/completions"):
                    connection.sendall(http("404 Not Found", "text/plain", "no").encode())
                else:
                    self._answer(connection, body)
            except OSError:
                pass  # the other side has left

    def _answer(self, connection, body):
        if b'"max_tokens":1,' in body:  # it is looked at
            choice = {"message": {"content": "x"}, "finish_reason": "length"}
            usage = {"prompt_tokens": 60 if b'"tools"' in body else 10, "completion_tokens": 1}
            reply = json.dumps({"choices": [choice], "usage": usage})
            connection.sendall(http("200 OK", "application/json", reply).encode())
            return
        self.asked += 1
        connection.sendall(self.bytes)
        if self.then == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif self.then == "hang":
            while connection.recv(65536):
                pass
            self.left.set()

    @staticmethod
    def _read(connection):
        received = b""
        while b"\r\n\r\n" not in received:
            piece = connection.recv(65536)
            if not piece:
                raise OSError("it left")
            received += piece
        head, _, body = received.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        while length and len(body) < int(length[1]):
            body += connection.recv(65536)
        return head.decode(), body
