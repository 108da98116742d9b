"""What stands between a client and a server of models, and what such a server costs its machine."""
import json
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from servers import Anyclaude, Server

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def family(pid):
    """The process and all that come from it; as far as the system tells (Linux)."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(entry.parent.name)] = int(entry.read_text().rpartition(")")[2].split()[1])
        except OSError:
            pass  # it has ended
    members = {pid}
    while more := {child for child, parent in parents.items() if parent in members} - members:
        members |= more
    return members


def cpu_seconds(pid):
    ticks = 0
    for member in family(pid):
        fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS_A_SECOND


def peak_bytes(pid):
    """The most resident memory that it has had."""
    kib = 0
    for member in family(pid):
        for line in Path(f"/proc/{member}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                kib += int(line.split()[1])
    return kib * 1024


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Upstream:
    """gateway_probe, built beside the program, as a server of models."""
    name = "straight to the upstream"
    path = "/v1/chat/completions"
    key = "none"

    def __init__(self, program, wait_ms=0):
        command = [str(program.parent / "gateway_probe"), "upstream", str(wait_ms)]
        self.process = subprocess.Popen(command, text=True, stdout=subprocess.PIPE,
                                        stdin=subprocess.DEVNULL)
        self.port = int(self.process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class AnyclaudeGateway(Anyclaude):
    path = "/v1/messages?beta=true"

    def __init__(self, program, upstream, folder):
        super().__init__(program, None, folder,
                         arguments=("--mode", "openai", "--openai-url", upstream.url))

    def _ready(self):
        return super()._ready() and self._get("/ready")[0] == 200


class Rival(Server):
    """A gateway with a home of its own, so that it finds no settings of the user's."""
    path = "/v1/messages"

    def __init__(self, command, folder, **variables):
        self.home = Path(folder)
        port = variables.pop("port")
        environment = {"PATH": f"{Path(command[0]).parent}:{os.environ['PATH']}",
                       "HOME": str(self.home), "LANG": "C.UTF-8",
                       "ANYCLAUDE_API_KEY": secrets.token_hex(16), **variables}
        super().__init__(command, environment, self.home / "log")
        self.port = port

    def _ready(self):
        return self._get(self.ready_path)[0] == 200

    def __exit__(self, *arguments):
        super().__exit__(*arguments)
        shutil.rmtree(self.home, ignore_errors=True)


class LiteLlm(Rival):
    name = "LiteLLM"
    ready_path = "/health/liveliness"

    def __init__(self, found, upstream, folder):
        home = Path(tempfile.mkdtemp(prefix="litellm.", dir=folder))
        (home / "config.yaml").write_text(json.dumps({  # which is YAML, too
            "model_list": [{"model_name": "m", "litellm_params": {
                "model": "openai/m", "api_base": upstream.url, "api_key": "none"}}],
            "litellm_settings": {"use_chat_completions_url_for_anthropic_messages": True}}))
        port = free_port()
        super().__init__([found["litellm"], "--config", home / "config.yaml", "--host",
                          "127.0.0.1", "--port", port], home, port=port,
                         LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY="true",
                         LITELLM_LOCAL_MODEL_COST_MAP="True")


class ClaudeCodeRouter(Rival):
    name = "claude-code-router"
    ready_path = "/health"

    def __init__(self, found, upstream, folder):
        home = Path(tempfile.mkdtemp(prefix="ccr.", dir=folder))
        port = free_port()
        settings = home / ".claude-code-router"
        settings.mkdir()
        (settings / "config.json").write_text(json.dumps({
            "HOST": "127.0.0.1", "PORT": port, "LOG": False,
            "Providers": [{"name": "upstream", "api_base_url": upstream.url + "/chat/completions",
                           "api_key": "none", "models": ["m"]}],
            "Router": {"default": "upstream,m"}}))
        super().__init__([found["node"], found["ccr"], "start"], home, port=port)
