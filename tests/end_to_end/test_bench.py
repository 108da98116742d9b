"""`anyclaude bench` on the small model, beside servers that are scripted, gone, or fail."""
import json
import re
import signal
import statistics
import subprocess
import xml.etree.ElementTree
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from harness import Home, expect, expect_equal, wait_until
from harness.scripted_chat_server import ScriptedChatServer

CHARTS = ("first-token", "tokens", "session")
EVIL = "<script>alert(1)</script>|evil"


class FailingServer:
    """Chat Completions of a model with an evil name, for the first `answers_max` requests."""

    def __init__(self, answers_max):
        self.asked = 0
        server = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def reply(self, body, kind, status=200):
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def do_GET(self):
                if self.path != "/v1/models":
                    return self.reply("{}", "application/json", 404)
                return self.reply(json.dumps({"data": [{"id": EVIL}]}), "application/json")

            def do_POST(self):
                self.rfile.read(int(self.headers["content-length"]))
                if self.path != "/v1/chat/completions":
                    return self.reply("{}", "application/json", 404)
                server.asked += 1
                if server.asked > answers_max:
                    refusal = {"error": {"message": EVIL}}
                    return self.reply(json.dumps(refusal), "application/json", 500)
                choice = {"delta": {"content": "x"}, "finish_reason": "length"}
                chunk = json.dumps({"choices": [choice]})
                return self.reply(f"data: {chunk}\n\ndata: [DONE]\n\n", "text/event-stream")

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


def seconds_text(seconds):
    digits = 3 if seconds < 1 else 2 if seconds < 10 else 1 if seconds < 100 else 0
    return f"{seconds:.{digits}f}"


def expect_png(path):
    """Reads the whole image: each piece's checksum, and as many bytes as its size says."""
    raw = path.read_bytes()
    expect_equal(raw[:8], b"\x89PNG\r\n\x1a\n", f"head of {path.name}")
    at, pixels, size = 8, b"", None
    while at < len(raw):
        length = int.from_bytes(raw[at:at + 4], "big")
        kind, body = raw[at + 4:at + 8], raw[at + 8:at + 8 + length]
        checksum = int.from_bytes(raw[at + 8 + length:at + 12 + length], "big")
        expect_equal(zlib.crc32(kind + body), checksum, f"checksum in {path.name}")
        if kind == b"IHDR":
            size = int.from_bytes(body[:4], "big"), int.from_bytes(body[4:8], "big")
            depth = {2: 3, 6: 4}[body[9]]
        if kind == b"IDAT":
            pixels += body
        at += 12 + length
    expect_equal(len(zlib.decompress(pixels)), size[1] * (1 + depth * size[0]), path.name)


def expect_report(folder):
    """All files are there and are what they should be; returns the results."""
    expect_equal(sorted(path.name for path in folder.iterdir()),
                 sorted(["results.json", "results.md", "report.html",
                         *(f"{name}.{kind}" for name in CHARTS for kind in ("svg", "png"))]),
                 "files of the report")
    for name in CHARTS:
        root = xml.etree.ElementTree.parse(folder / f"{name}.svg").getroot()
        expect(root.tag.endswith("svg"), root.tag)
        expect_png(folder / f"{name}.png")
    html = (folder / "report.html").read_text()
    expect("<script" not in html, "the page has a script")
    expect(not re.search(r"(src|href)=\"(?!data:)", html), "the page needs something else")
    return json.loads((folder / "results.json").read_text())


def expect_same_numbers(folder, results):
    """The rows are what the single values come to, and both reports show them."""
    markdown = (folder / "results.md").read_text()
    html = (folder / "report.html").read_text()
    shown = 0
    for row in results["rows"]:
        for cell in row["cells"]:
            spread = cell["first_s"]
            text = seconds_text(spread["median"])
            if spread["count"] > 1:
                text += f" ({seconds_text(spread['least'])}–{seconds_text(spread['most'])})"
            expect(f"| {text} |" in markdown, f"{text} of {row['id']} is not in\n{markdown}")
            expect(f"<td>{text}<small>" in html, f"{text} of {row['id']} is not in the page")
            shown += 1
            if row["id"] not in ("cold", "follow_up"):
                continue
            values = [request["first_s"] for request in results["requests"]
                      if request["scenario"] == "session" and request["server"] == cell["server"]
                      and (request["number"] == 1) == (row["id"] == "cold")]
            expect_equal(spread["count"], len(values), f"values of {row['id']}")
            expect(abs(spread["median"] - statistics.median(values)) < 1e-3, f"{row} {values}")
            expect_equal((spread["least"], spread["most"]), (min(values), max(values)), row["id"])
    return shown


def median_cell(results, row_id, server=0):
    row = next(row for row in results["rows"] if row["id"] == row_id)
    return next((cell for cell in row["cells"] if cell["server"] == server), None)


def test_quick_beside_rivals(h):
    """Measures itself and a scripted rival, goes on without one that is gone and one that fails,
    and writes reports whose numbers are those of the JSON."""
    scripted, failing = ScriptedChatServer(), FailingServer(answers_max=7)
    home, folder = Home(h.scratch), h.scratch / "bench-report"
    gone = f"http://127.0.0.1:{h.free_port()}"
    try:
        done = h.run("bench", "--quick", "--model", h.model, "--against", scripted.url, "--against",
                     gone, "--against", failing.url, "--output", folder, home=home, timeout_s=900)
    finally:
        scripted.close()
        failing.close()
    expect_equal(done.returncode, 0, f"exit code\n{done.stdout}\n{done.stderr}")
    expect_equal(done.stdout, (folder / "results.md").read_text(), "what is printed")
    expect(str(folder / "report.html") in done.stderr, "it says where the report is")
    results = expect_report(folder)
    expect(expect_same_numbers(folder, results) >= 10, "too few numbers are shown")

    expect_equal([server["api"] for server in results["servers"]],
                 ["Messages", "Messages", "Chat Completions"], "APIs")
    notes = "\n".join(results["notes"])
    expect(f"{gone} did not take part" in notes, notes)
    expect("left the bench in round 1" in notes and EVIL in notes, notes)
    expect("does not tell how many tokens" in notes, notes)
    expect("<script" not in done.stdout, "a name is markup")

    # What is exact: the own server's tokens.
    cold, restart = median_cell(results, "cold"), median_cell(results, "restart")
    expect(cold["reused_tokens"] <= 100, f"more than the template's own words: {cold}")
    expect(400 <= cold["prompt_tokens"] <= 900, f"{cold}")
    expect(median_cell(results, "follow_up")["new_tokens"] <= 250, "tokens of a next turn")
    expect(restart["new_tokens"] <= 150, f"after a restart: {restart}")
    expect(median_cell(results, "restart", 1) is None, "a rival was restarted")
    session, anew = median_cell(results, "session"), median_cell(results, "session_anew")
    expect_equal(session["prompt_tokens"], anew["prompt_tokens"], "tokens of a session")
    expect(session["new_tokens"] * 2 < anew["new_tokens"], f"{session} {anew}")
    agents = [request for request in results["requests"] if request["scenario"] == "agents"]
    expect_equal(len(agents), 16, "answers of sub-agents of two servers")

    expect_equal(list((home.path / "cache/anyclaude").glob("bench-*")), [], "folders left behind")
    again = h.run("bench", "--quick", "--model", h.model, "--output", folder, home=home)
    expect_equal(again.returncode, 1, "exit code")
    expect("has a report already" in again.stderr, again.stderr)
    h.note(f"cold {cold['new_tokens']} tokens, after a restart {restart['new_tokens']}, agents "
           f"{sum(a['new_tokens'] for a in agents if a['server'] == 0)}")


def test_interrupted(h):
    """^C half way: the report has what was measured, and no server is left."""
    home, folder = Home(h.scratch), h.scratch / "bench-interrupted"
    process = subprocess.Popen(
        [str(h.program), "bench", "--model", str(h.model), "--tokens", "600", "--rounds", "20",
         "--output", str(folder), "--json"], env=home.environment(), text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    h.processes.append(process)
    lines = []
    reader = Thread(target=lambda: lines.extend(iter(process.stderr.readline, "")), daemon=True)
    reader.start()
    wait_until(lambda: any("query 4 of 10" in line for line in lines) or process.poll() is not None,
               "the fourth query is asked", 600)
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=120)
    reader.join(timeout=10)
    expect_equal(process.returncode, 130, f"exit code\n{''.join(lines)}")
    results = expect_report(folder)
    expect_equal(json.loads(printed), results, "what --json prints")
    expect_same_numbers(folder, results)
    expect(results["interrupted"], "it says so")
    expect(any("interrupted" in note for note in results["notes"]), results["notes"])
    expect(3 <= len(results["requests"]) < 23, f"{len(results['requests'])} values")
    expect_equal(list((home.path / "cache/anyclaude").glob("bench-*")), [], "folders left behind")


def test_bad_orders(h):
    """What cannot be measured is said before anything is begun."""
    for arguments, message in (
            (("--against", "ftp://x"), "must begin with http"),
            (("--against", "localhost:1#name=x"), "#model="),
            (("--rounds", "0"), "--rounds"),
            (("--model", "/nowhere/none.gguf"), "/nowhere/none.gguf"),
            (("--output", "/proc/none/x"), "/proc/none/x")):
        done = h.run("bench", "--quick", *arguments, cwd=h.scratch)
        expect_equal(done.returncode, 1, f"exit code of {arguments}")
        expect(message in done.stderr, f"{arguments}: {done.stderr}")
        expect_equal(list(h.scratch.glob("anyclaude-bench-*")), [], "folders left behind")
