"""What a case is given: the program, its servers, and a memory of what was said to them.

A case is a function test_*(h) in a file test_*.py; `h` is the Harness. It fails by raising; the
runner then prints the last exchanges and the tails of the servers' logs.
"""
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from harness.expect import Failed
from harness.home import Home
from harness.server import KEY, Server
from harness.setup import Setup


class Harness:
    def __init__(self, program, model=None):
        self.program = Path(program).resolve()
        self.setup = Setup()
        self.model = Path(model).resolve() if model else self.setup.model
        self.scratch = Path(tempfile.mkdtemp(prefix="anyclaude-end-to-end."))
        self.processes = []
        self.exchanges = []
        self.notes = []
        self.witnesses = []
        self._kept = {}       # name -> a server that cases share
        self._broken = set()  # names of those that did not start
        self._own = []

    def server(self):
        """The server that cases share: SmolLM2, everything else chosen by the program."""
        return self._shared_server("shared")

    def client_server(self):
        """The server that the cases of the real client share, so that they share its prefix too."""
        return self._shared_server("client")

    def _shared_server(self, name):
        if name in self._broken:
            raise Failed(f"the {name} server does not start, see above")
        server = self._kept.get(name)
        if server is None or server.process.poll() is not None:
            self._broken.add(name)
            self._kept[name] = Server(self, {"model": self.model, "seed": 7, "no_warm": True})
            self._broken.remove(name)
        return self._kept[name]

    def own_server(self, key=KEY, home=None, file_bytes_max=None, **options):
        """A server for this case alone; it ends with the case. In another one's `home` it finds
        what that one has left. The system lets it write no file longer than `file_bytes_max`."""
        # What a case counts must not depend on how long it takes.
        server = Server(self, {"model": self.model, "seed": 7, "no_warm": True, **options}, key,
                        home, file_bytes_max)
        self.ends_with_case(server)
        return server

    def ends_with_case(self, server):
        """Whatever becomes of the case, `server.stop()` ends it; its log is shown if that fails."""
        self._own.append(server)

    def run(self, *arguments, timeout_s=60, home=None, cwd=None, **environment):
        """Runs the program to its end; returns the CompletedProcess with text output."""
        home = home or Home(self.scratch)
        try:
            return subprocess.run(
                [str(self.program), *map(str, arguments)], text=True, cwd=cwd, timeout=timeout_s,
                capture_output=True, stdin=subprocess.DEVNULL, env=home.environment(**environment))
        except subprocess.TimeoutExpired as late:
            said = b"".join(part for part in (late.stdout, late.stderr) if part)
            raise Failed(f"{arguments} did not end in {timeout_s} s; it said:\n"
                         f"{said.decode(errors='replace')[-3000:]}") from late

    def free_port(self):
        """A port that was free a moment ago, for programs that cannot be asked for theirs."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    def note(self, line):
        """A figure worth reading beside the case's result."""
        self.notes.append(line)

    def witness(self, tell):
        """`tell()` is printed too, should this case fail."""
        self.witnesses.append(tell)

    def remember(self, method, path, payload, reply):
        if path not in ("/metrics", "/ready"):
            self.exchanges = self.exchanges[-3:] + [(method, path, payload, reply)]

    def begin_case(self):
        self.exchanges = []
        self.notes = []
        self.witnesses = []

    def end_case(self):
        for server in reversed(self._own):
            server.stop()
        self._own = []

    def evidence(self):
        """What is printed under a case that failed."""
        lines = [tell() for tell in self.witnesses]
        for method, path, payload, reply in self.exchanges[-2:]:
            sent = (payload or b"")[:1500].decode(errors="replace")
            lines += [f"> {method} {path}", f"> {sent}", f"< {reply.status} {reply.headers}",
                      f"< {reply.text[:1500]}"]
        for server in [*self._own, *self._kept.values()]:
            state = server.process.poll()
            lines += [f"log of the server on port {server.port}"
                      + (f", which ended with {state}:" if state is not None else ":"),
                      server.log(25)]
        return "\n".join(lines)

    def close(self):
        for server in self._kept.values():
            server.stop()
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        shutil.rmtree(self.scratch, ignore_errors=True)
