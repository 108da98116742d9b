"""The servers that are compared, and one request to either of them."""
import dataclasses
import http.client
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

START_TIMEOUT_S = 180
REQUEST_TIMEOUT_S = 3600
RIVAL_CELLS = 65536  # over all its slots; a conversation has what the model allows of them


@dataclasses.dataclass(frozen=True)
class Setup:
    """What both servers are started with."""
    model: Path
    template: Path      # a Jinja file
    context: int        # tokens of the longest conversation
    batch: int          # tokens of one prefill step
    threads: int
    override_kv: str    # of the GGUF's metadata; empty: none


@dataclasses.dataclass(frozen=True)
class Answer:
    prompt: int         # tokens
    computed: int       # of these, not read from a cache
    first_s: float      # until the first event of the answer's content
    total_s: float


class Server:
    name = ""

    def __init__(self, command, environment, log):
        self.log = log
        self.environment = environment
        self.key = environment.get("ANYCLAUDE_API_KEY", "none")
        with open(log, "wb") as output:
            self.process = subprocess.Popen([str(part) for part in command], env=environment,
                                            stdout=output, stderr=subprocess.STDOUT,
                                            stdin=subprocess.DEVNULL)
        self.port = 0

    def __enter__(self):
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])
                self.__exit__()
                raise RuntimeError(f"{self.name} does not start:\n{tail}")
            time.sleep(0.05)
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def _connect(self, timeout_s=REQUEST_TIMEOUT_S):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)

    def _get(self, path):
        connection = self._connect(10)
        try:
            connection.request("GET", path, headers={"x-api-key": self.key})
            reply = connection.getresponse()
            return reply.status, reply.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            connection.close()

    def _ready(self):
        raise NotImplementedError

    def _post(self, path, body, headers):
        connection = self._connect()
        connection.request("POST", path, json.dumps(body).encode(), {
            "content-type": "application/json", "x-api-key": self.key, **headers})
        reply = connection.getresponse()
        if reply.status != 200:
            raise RuntimeError(f"{self.name}: {reply.status} {reply.read()[:400]!r}")
        return reply

    def count(self, body):
        fields = {k: v for k, v in body.items() if k not in ("max_tokens", "stream")}
        reply = self._post("/v1/messages/count_tokens", fields, {})
        return json.loads(reply.read())["input_tokens"]

    def ask(self, body, agent="", headers=None):
        """One streamed request to its end."""
        headers = {"x-claude-code-session-id": "bench", **(headers or {})}
        if agent:
            headers["x-claude-code-agent-id"] = agent
        start = time.perf_counter()
        usage, first = {}, None
        for line in self._post("/v1/messages?beta=true", {**body, "stream": True}, headers):
            if not line.startswith(b"data: "):
                continue
            event = json.loads(line[6:])
            if event["type"] == "error":
                raise RuntimeError(f"{self.name}: {event}")
            # An answer of one token may have no visible text: its end then counts as its first.
            if event["type"] in ("content_block_delta", "message_delta") and first is None:
                first = time.perf_counter() - start
            for found in (event.get("message", {}).get("usage"), event.get("usage")):
                usage.update({k: v for k, v in (found or {}).items() if v is not None})
        total = time.perf_counter() - start
        read = usage.get("cache_read_input_tokens") or 0
        prompt = usage["input_tokens"] + read + (usage.get("cache_creation_input_tokens") or 0)
        return Answer(prompt, prompt - read, first, total)

    def resident_bytes(self):
        shown = subprocess.run(["ps", "-o", "rss=", "-p", str(self.process.pid)], text=True,
                               stdout=subprocess.PIPE, check=True).stdout
        return int(shown) * 1024


class Anyclaude(Server):
    """`program serve` with folders of its own; `setup` None: without a model. With a `home` it
    finds what an earlier server has left there, and leaves it there itself."""
    name = "anyclaude"

    def __init__(self, program, setup, folder, home=None, arguments=()):
        self.keeps_home = home is not None
        self.home = home or Path(tempfile.mkdtemp(prefix="anyclaude.", dir=folder))
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "LANG": "C.UTF-8",
                       "ANYCLAUDE_API_KEY": secrets.token_hex(16)}
        for name in ("CONFIG", "CACHE", "STATE", "DATA"):
            environment[f"XDG_{name}_HOME"] = str(self.home / name.lower())
        environment["XDG_RUNTIME_DIR"] = str(self.home)
        # What is measured must not depend on how long the measuring takes.
        command = [program, "serve", "--port", "0", "--no-warm", *arguments]
        if setup is None:
            command += ["--model", "none"]
        else:
            command += ["--model", setup.model, "--chat-template", setup.template,
                        "--context", setup.context, "--batch", setup.batch,
                        "--threads", setup.threads, "--flash-attention", "on"]
            if setup.override_kv:
                command += ["--override-kv", setup.override_kv]
        self.without_model = setup is None
        super().__init__(command, environment, self.home / "serve.log")

    def _ready(self):
        found = re.search(r"listens on http://127\.0\.0\.1:(\d+)",
                          self.log.read_text(errors="replace"))
        if found:
            self.port = int(found.group(1))
        return self.port and self._get("/health" if self.without_model else "/ready")[0] == 200

    def counted(self):
        """Prompt tokens computed, by the engine's own counter."""
        found = re.search(r'^anyclaude_engine_prefill_tokens_total\{for="request"\} (\d+)',
                          self._get("/metrics")[1], re.M)
        return int(found.group(1)) if found else 0

    def metric(self, name, label=""):
        """The sum over all series of a metric that have the label, as name="value"."""
        return sum(float(value) for value in re.findall(
            rf"^{name}(?:{{.*{label}.*}})? (\S+)$", self._get("/metrics")[1], re.M))

    def __exit__(self, *arguments):
        super().__exit__(*arguments)
        if not self.keeps_home:
            shutil.rmtree(self.home, ignore_errors=True)


class LlamaServer(Server):
    """The rival with its own defaults, but for what Setup says."""
    name = "llama-server"

    def __init__(self, program, setup, folder):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [program, "-m", setup.model, "--jinja", "--chat-template-file", setup.template,
                   "-c", RIVAL_CELLS, "-fa", "on", "-t", setup.threads, "-ub", setup.batch,
                   "--host", "127.0.0.1", "--port", port]
        if setup.override_kv:
            command += ["--override-kv", setup.override_kv]
        super().__init__(command, dict(os.environ), Path(folder) / f"llama-server.{port}.log")
        self.port = port

    def _ready(self):
        return self._get("/health")[0] == 200
