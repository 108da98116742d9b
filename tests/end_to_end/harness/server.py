"""One running `anyclaude serve`, and requests to it."""
import http.client
import json
import re
import resource
import signal
import socket
import subprocess

from harness.conversation import body
from harness.expect import Failed, expect, expect_equal, wait_until
from harness.home import Home, flags

KEY = "end-to-end-key"
START_TIMEOUT_S = 120  # another server may be asked for two prompts first
REQUEST_TIMEOUT_S = 180
PREFILL = "anyclaude_engine_prefill_tokens_total"


class Reply:
    def __init__(self, status, headers, raw):
        self.status = status
        self.headers = {name.lower(): value for name, value in headers}
        self.raw = raw

    @property
    def json(self):
        return json.loads(self.raw)

    @property
    def text(self):
        return self.raw.decode(errors="replace")

    @property
    def error(self):
        """(type, message) of an Anthropic error body."""
        value = self.json
        expect_equal(value.get("type"), "error", "the body's type")
        return value["error"]["type"], value["error"]["message"]


class Stream:
    """An open streamed answer. Iterating yields the decoded events."""

    def __init__(self, server, payload, headers=None, timeout_s=REQUEST_TIMEOUT_S):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=timeout_s)
        self.connection.request("POST", "/v1/messages?beta=true", payload, server.headers(headers))
        self.reply = self.connection.getresponse()
        self.status = self.reply.status
        self.usage = {}

    def __iter__(self):
        name = None
        for line in self.reply:
            line = line.decode().rstrip("\r\n")
            if line.startswith("event: "):
                name = line[7:]
            elif line.startswith("data: "):
                event = json.loads(line[6:])
                expect_equal(event["type"], name, "the event's type beside its name")
                self.usage.update(event.get("message", {}).get("usage") or {})
                self.usage.update({k: v for k, v in (event.get("usage") or {}).items()
                                   if v is not None})
                yield event

    def leave(self):
        """Resets the connection as a client does that was interrupted."""
        linger = b"\x01\0\0\0\0\0\0\0"  # struct linger {1, 0}: close sends a reset
        underlying = self.reply.fp.raw._sock if self.reply.fp else self.connection.sock
        underlying.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.reply.close()
        self.connection.close()


def file_limit(bytes_max):
    """What a new process does to limit the length of its files; None: nothing."""
    if bytes_max is None:
        return None
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_max, bytes_max))


class Server:
    """One `anyclaude serve` on a free port."""

    def __init__(self, harness, options, key=KEY, home=None, file_bytes_max=None):
        self.harness = harness
        self.key = key
        self.home = home or Home(harness.scratch)
        self.log_path = self.home.path / "serve.log"
        arguments = [str(harness.program), "serve", "--port", "0", *flags(options)]
        environment = self.home.environment(**({"ANYCLAUDE_API_KEY": key} if key else {}))
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(arguments, stdout=log, stderr=subprocess.STDOUT,
                                            stdin=subprocess.DEVNULL, env=environment,
                                            preexec_fn=file_limit(file_bytes_max))
        harness.processes.append(self.process)
        try:
            self.port = self._wait_for_port()
            self._wait_until_ready()
        except Failed as failure:
            raise Failed(f"{failure}; its log:\n{self.log(40)}") from failure

    def _wait_for_port(self):
        def listening():
            expect(self.process.poll() is None, "the server ended at once")
            found = re.search(r"listens on http://[^\s:/]+:(\d+)", self.log())
            return found and int(found.group(1))
        return wait_until(listening, "the server prints its address", START_TIMEOUT_S)

    def _wait_until_ready(self):
        def ready():
            expect(self.process.poll() is None, "the server ended at once")
            try:
                return self.get("/ready", key=False).status == 200
            except (OSError, http.client.HTTPException):
                return False
        wait_until(ready, "the server is ready", START_TIMEOUT_S)

    def headers(self, more=None, key=True):
        headers = {"content-type": "application/json", "anthropic-version": "2023-06-01"}
        if key and self.key:
            headers["x-api-key"] = self.key
        headers.update(more or {})
        return headers

    def request(self, method, path, payload=None, headers=None, key=True):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=REQUEST_TIMEOUT_S)
        if payload is not None and not isinstance(payload, (bytes, str)):
            payload = json.dumps(payload)
        if isinstance(payload, str):
            payload = payload.encode()
        connection.request(method, path, payload, self.headers(headers, key))
        answer = connection.getresponse()
        reply = Reply(answer.status, answer.getheaders(), answer.read())
        connection.close()
        self.harness.remember(method, path, payload, reply)
        return reply

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def ask(self, payload, headers=None):
        """A whole answer; any status."""
        return self.request("POST", "/v1/messages?beta=true", payload, headers)

    def answer(self, payload, headers=None):
        """A whole answer that must be a 200; returns its JSON."""
        reply = self.ask(payload, headers)
        expect_equal(reply.status, 200, f"status ({reply.text[:300]})")
        return reply.json

    def stream(self, payload, headers=None):
        return Stream(self, json.dumps({**payload, "stream": True}).encode(), headers)

    def count(self, payload):
        fields = {k: v for k, v in payload.items() if k not in ("max_tokens", "stream")}
        reply = self.request("POST", "/v1/messages/count_tokens?beta=true", fields)
        expect_equal(reply.status, 200, f"status of count_tokens ({reply.text[:300]})")
        return reply.json["input_tokens"]

    def metrics(self):
        """{(name, frozenset of labels): value}"""
        values = {}
        for line in self.get("/metrics").text.splitlines():
            found = re.match(r"([a-z_0-9:]+)(?:\{(.*)\})? (\S+)$", line)
            if found:
                labels = frozenset(re.findall(r'(\w+)="([^"]*)"', found.group(2) or ""))
                values[found.group(1), labels] = float(found.group(3))
        return values

    def metric(self, name, **labels):
        """The sum over the series of `name` that have these labels; 0 where there is none."""
        wanted = set(labels.items())
        return sum(value for (series, found), value in self.metrics().items()
                   if series == name and wanted <= found)

    def prefilled(self):
        """Prompt tokens that the engine has computed for requests, by its own count."""
        labels = {"for": "request"}
        return int(self.metric(PREFILL, **labels))

    def in_flight(self):
        """Requests that the engine has not finished, in any phase."""
        return int(self.metric("anyclaude_engine_requests"))

    def raw(self, payload, timeout_s=10.0):
        """Sends bytes as they are and returns what comes back until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout_s) as connection:
            connection.sendall(payload)
            received = b""
            while True:
                try:
                    piece = connection.recv(65536)
                except socket.timeout as error:
                    raise Failed(f"no end of the reply in {timeout_s} s: {received!r}") from error
                if not piece:
                    return received
                received += piece

    def expect_serving(self):
        self.answer(body("Hello.", max_tokens=2))

    def log(self, lines=None):
        written = self.log_path.read_text(errors="replace")
        return written if lines is None else "\n".join(written.splitlines()[-lines:])

    def kill(self):
        """As the system does that has no memory left."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode
