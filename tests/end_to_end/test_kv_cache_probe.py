"""scripts/test/test-mlx-kv-cache-real.sh tells a cache that works from one that does not, and
validate-kv-cache.sh writes down what it measured. The real mlx-lm is asked in
guides.follow_mlx_lm_setup."""
import json
import re
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from harness import expect, expect_equal
from harness.setup import ROOT

SCRIPT = ROOT / "scripts" / "test" / "test-mlx-kv-cache-real.sh"


def probe(url, *arguments, key=""):
    done = subprocess.run([str(SCRIPT), url, *map(str, arguments)], text=True, capture_output=True,
                          stdin=subprocess.DEVNULL, timeout=300,
                          env={"PATH": "/usr/bin:/bin:/usr/local/bin", "API_KEY": key})
    return done.returncode, done.stdout + done.stderr


class ForgetfulServer:
    """Chat Completions of a server that computes each prompt anew, at a letter a microsecond."""

    def __init__(self):
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def reply(self, status, body):
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body.encode())

            def do_GET(self):
                found = self.path == "/v1/models"
                self.reply(200 if found else 404, json.dumps({"data": [{"id": "/model"}]}))

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.path != "/v1/chat/completions":
                    return self.reply(404, "{}")
                threading.Event().wait(len(body) / 1e6)  # it computes
                chunks = [{"choices": [{"delta": {"content": "x"}}]},
                          {"choices": [], "usage": {"prompt_tokens": len(body) // 5}}]
                return self.reply(200, "".join(f"data: {json.dumps(c)}\n\n" for c in chunks))

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


def test_finds_that_the_cache_works(h):
    server = h.server()
    url = f"http://127.0.0.1:{server.port}"
    for api in ("openai", "anthropic"):
        code, said = probe(url, "--tokens", 400, "--rounds", 2, "--api", api, key=server.key)
        expect_equal(code, 0, f"exit code with {api}\n{said}")
        expect("The cache works" in said and "tokens cached" in said, said)
    h.note(next(line for line in said.splitlines() if line.startswith("ratio")))


def test_finds_that_a_server_has_no_cache(h):
    forgetful = ForgetfulServer()
    code, said = probe(forgetful.url, "--tokens", 20_000, "--rounds", 2)
    expect_equal(code, 1, f"exit code\n{said}")
    expect("The cache does not work" in said and "does not tell what was cached" in said, said)
    forgetful.close()


def test_says_what_to_do_where_it_cannot_ask(h):
    server = h.server()
    url = f"http://127.0.0.1:{server.port}"
    for said_of, arguments, key in (
            ("wants a key", [url], ""), ("fewer --tokens", [url, "--tokens", 30_000], server.key),
            ("Nothing answers", [f"http://127.0.0.1:{h.free_port()}"], ""),
            ("no address", ["ftp://box"], "")):
        code, said = probe(*arguments, key=key)
        expect_equal(code, 2, f"exit code\n{said}")
        expect(said_of in said, said)


def test_writes_what_it_measures_into_its_guide(h):
    guide = h.scratch / "results.md"
    here = (ROOT / "docs/guides/kv-cache-validation-results.md").read_text()
    begin, end = re.findall(r"^<!-- .* -->$", here, re.MULTILINE)
    guide.write_text(f"# Title\n\n{begin}\nold figures\n{end}\n\nThe rest.\n")
    command = [str(SCRIPT.parent / "validate-kv-cache.sh"), "--anyclaude", str(h.program),
               "--model", str(h.model), "--output", str(guide), "--no-client"]
    sizes = ["--tokens", "150,300", "--session-tokens", "60", "--rounds", "1"]
    done = subprocess.run([*command, *sizes], text=True, capture_output=True, timeout=300,
                          stdin=subprocess.DEVNULL)
    expect_equal(done.returncode, 0, f"exit code\n{done.stdout}{done.stderr}")
    written = guide.read_text()
    expect(written.startswith("# Title\n") and written.endswith("\n\nThe rest.\n"), written)
    expect("old figures" not in written and done.stdout.strip() in written, written)
    restarted = re.search(r"the same, from the disk \| [\d.]+ \| (\d+) of (\d+) \|$", written,
                          re.MULTILINE)
    expect(restarted and int(restarted[2]) - int(restarted[1]) < 40, f"little is new:\n{written}")
    refused = subprocess.run([*command, "--tokens", "30000"], text=True, capture_output=True,
                             timeout=300, stdin=subprocess.DEVNULL)
    expect_equal(refused.returncode, 1, f"exit code for too long a text\n{refused.stderr}")
    expect_equal(guide.read_text(), written, "the file after a run that failed")
