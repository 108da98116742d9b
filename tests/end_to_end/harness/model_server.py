"""Other people's servers of models, the real ones, as a case's upstream."""
import http.client
import json
import os
import socket
import subprocess
from pathlib import Path

from harness.expect import Failed, expect, wait_until

START_TIMEOUT_S = 180
HERE = Path(__file__).resolve().parent


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class ModelServer:
    """A command that listens on `port` of this machine; ready when `ready` (a path) answers 200.
    It ends with the case."""

    def __init__(self, h, name, command, port, ready, environment=None,
                 start_timeout_s=START_TIMEOUT_S):
        self.port = port
        self.origin = f"http://127.0.0.1:{port}"
        self.log_path = h.scratch / f"{name}-{port}.log"
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [str(part) for part in command], stdout=log, stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL, env={**os.environ, **(environment or {})})
        h.ends_with_case(self)

        def answers():
            expect(self.process.poll() is None, f"{name} ended at once")
            return self._get(ready) == 200
        try:
            wait_until(answers, f"{name} answers", start_timeout_s)
        except Failed as failure:
            raise Failed(f"{failure}; its log:\n{self.log(40)}") from failure

    def _get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def ask(self, body):
        """What the server itself says, asked without anyclaude."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=180)
        connection.request("POST", "/v1/chat/completions", json.dumps(body),
                           {"content-type": "application/json"})
        reply = json.loads(connection.getresponse().read())
        connection.close()
        return reply

    def log(self, lines):
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-lines:])

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def llama_server(h, *arguments):
    """llama-server of the same engine source, with its own defaults but for the arguments."""
    port = free_port()
    command = [h.setup.llama_server, "-m", h.model, "--jinja", "--host", "127.0.0.1", "--port",
               port, *arguments]
    return ModelServer(h, "llama-server", command, port, "/health")


def mlx_lm(h, *arguments, answers=None):
    """mlx_lm.server with SmolLM2 as it is. With `answers`, a file, its model is made to say what
    is written there (forced_mlx_lm.py); all else of the server is as it is."""
    port = free_port()
    mlx = h.setup.mlx_lm()
    program = ["-m", "mlx_lm", "server"]
    environment = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(h.scratch / "hub")}
    if answers:
        program = [HERE / "forced_mlx_lm.py"]
        environment["FORCED_ANSWERS"] = str(answers)
    command = [mlx["python"], *program, "--model", mlx["model"], "--host", "127.0.0.1", "--port",
               port, *arguments]
    return ModelServer(h, "mlx-lm", command, port, "/health", environment)


def vllm(h, template, *arguments):
    """vLLM with SmolLM2, on the CPU: 6 GiB of memory, ready after a minute; it speaks OpenAI's and
    Anthropic's API. `template` is a Jinja file: SmolLM2's own has no tools."""
    port = free_port()
    parts = h.setup.vllm()
    environment = {"VLLM_TARGET_DEVICE": "cpu", "VLLM_CPU_KVCACHE_SPACE": "2",
                   "VLLM_CPU_OMP_THREADS_BIND": f"0-{os.cpu_count() - 1}",
                   "VLLM_NO_USAGE_STATS": "1", "CUDA_VISIBLE_DEVICES": "", "HF_HUB_OFFLINE": "1",
                   "TRANSFORMERS_OFFLINE": "1"}
    command = [parts["python"], "-m", "vllm.entrypoints.openai.api_server", "--model",
               parts["model"], "--served-model-name", "smollm2", "--host", "127.0.0.1", "--port",
               port, "--dtype", "bfloat16", "--enforce-eager", "--max-model-len", 8192,
               "--enable-prefix-caching", "--enable-prompt-tokens-details",
               "--enable-auto-tool-choice", "--tool-call-parser", "hermes",
               "--chat-template", template, *arguments]
    return ModelServer(h, "vllm", command, port, "/health", environment, start_timeout_s=400)
