"""The engine without a server around it (engine_probe.cpp), to be measured beside."""
import json
import subprocess
import tempfile


class BareEngine:
    """`cells` for one sequence; what it decodes are the words of `body`, a request."""

    def __init__(self, anyclaude, setup, cells, body, folder):
        with tempfile.NamedTemporaryFile("w", dir=folder, suffix=".json", delete=False) as text:
            json.dump(body, text)
        command = [anyclaude.parent / "engine_probe", setup.model, cells, setup.batch,
                   setup.threads, text.name]
        self.process = subprocess.Popen([str(part) for part in command], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self):
        self._expect("ready")
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def decode(self, tokens):
        """Until the next `tokens` tokens are computed."""
        self._command(f"decode {tokens}")

    def cut(self, length):
        """Forgets all but the first `length` tokens."""
        self._command(f"cut {length}")

    def _command(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        self._expect("done")

    def _expect(self, word):
        answer = self.process.stdout.readline().strip()
        if answer != word:
            raise RuntimeError(f"engine_probe says {answer!r}, not {word!r}")
