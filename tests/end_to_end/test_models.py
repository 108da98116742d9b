"""`anyclaude models`: pulled from a server that speaks the hub's protocol, listed, used, deleted.
"""
import json
import os
import random
import signal
import stat
import subprocess

from harness import Home, at_once, expect, expect_equal, wait_until
from harness.hub_server import HubServer

NAME = "o/r:Q4_K_M"
FILE = "m-Q4_K_M.gguf"


def weights(size=300_000, seed=1):
    return b"GGUF" + random.Random(seed).randbytes(size - 4)


class Puller:
    """A user without models, and a hub with one."""

    def __init__(self, h, files=None):
        self.h = h
        self.home = Home(h.scratch)
        self.hub = HubServer({"o/r": files or {FILE: weights()}})
        self.folder = self.home.path / "cache" / "anyclaude" / "models"

    def run(self, *arguments, **environment):
        return self.h.run("models", *arguments, home=self.home,
                          **{"HF_ENDPOINT": self.hub.url, **environment})

    def pull(self, *arguments, code=0, name=NAME, **environment):
        done = self.run("pull", name, *arguments, **environment)
        expect_equal(done.returncode, code, f"exit code\n{done.stdout}{done.stderr}")
        return done

    def start(self):
        """A pull that is under way; it ends with the case."""
        process = subprocess.Popen(
            [str(self.h.program), "models", "pull", NAME], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env=self.home.environment(HF_ENDPOINT=self.hub.url))
        self.h.processes.append(process)
        return process

    def interrupt(self, at, by=signal.SIGINT):
        """A pull that ends when so many bytes have arrived; returns its exit code and words."""
        self.hub.hold, self.hub.drop = at, True
        self.hub.held.clear()
        self.hub.go_on.clear()
        process = self.start()
        expect(self.hub.held.wait(20), "the download begins")
        wait_until(lambda: at in [path.stat().st_size for path in self.folder.rglob("*.part")],
                   f"{at} bytes arrive")
        process.send_signal(by)
        said, _ = process.communicate(timeout=20)
        self.hub.go_on.set()
        self.hub.bytes_sent = 0
        return process.returncode, said

    def files(self):
        """path below the models folder -> bytes, of all there are."""
        return {str(path.relative_to(self.folder)): path.read_bytes()
                for path in self.folder.rglob("*") if path.is_file()}

    def expect_whole(self, path=FILE):
        expect_equal(sorted(self.files()), [f"o/r/{path}"], "files")
        expect(self.files()[f"o/r/{path}"] == self.hub.files["o/r"][path], "other bytes")


def test_a_pulled_model_is_listed_used_and_deleted(h):
    puller = Puller(h, {"tiny-Q4_1.gguf": h.model.read_bytes(), "README.md": b"words"})
    missing = h.run("serve", "--model", "o/r:Q4_1", "--port", "0", home=puller.home)
    expect("`anyclaude models pull o/r:Q4_1` fetches it" in missing.stderr, missing.stderr)
    done = puller.pull(name="o/r:Q4_1")
    expect("anyclaude --model o/r:Q4_1\n" in done.stdout, done.stdout)
    expect("fetching tiny-Q4_1.gguf 50 %" in done.stderr, f"progress\n{done.stderr}")
    path = puller.folder / "o" / "r" / "tiny-Q4_1.gguf"
    expect_equal(stat.S_IMODE(path.stat().st_mode), 0o600, "rights of the file")
    expect_equal(stat.S_IMODE(path.parent.stat().st_mode), 0o700, "rights of its folder")
    listed = json.loads(puller.run("ls", "--json", "--model", "tiny-Q4_1").stdout)["models"]
    expect_equal([(m["name"], m["quant"], m["complete"], m["default"], m["bytes"]) for m in listed],
                 [("tiny-Q4_1", "Q4_1", True, True, path.stat().st_size)], "the list")
    expect(listed[0]["context"] > 0, f"its metadata: {listed[0]}")
    server = h.own_server(home=puller.home, model="tiny-Q4_1")
    # The launcher knows it by its other names.
    other_name = h.run("warm", "--port", server.port, "--model", "o/r:Q4_1", home=puller.home,
                       ANYCLAUDE_API_KEY=server.key)
    expect("No prompt is known yet" in other_name.stdout, other_name.stderr)
    used = puller.run("rm", "o/r:Q4_1")
    expect_equal(used.returncode, 1, f"rm of a model in use\n{used.stdout}")
    expect(str(server.port) in used.stderr and path.exists(), used.stderr)
    server.stop()
    done = puller.run("rm", "o/r:Q4_1", "--json")
    expect_equal(json.loads(done.stdout)["files"], 1, f"deleted\n{done.stderr}")
    expect_equal(os.listdir(puller.folder), [], "what is left")
    expect_equal(puller.run("rm", "o/r:Q4_1").returncode, 2, "exit code of rm without a model")
    puller.hub.close()


def test_a_download_goes_on_where_it_was_cut(h):
    puller = Puller(h)
    size = len(weights())
    # By the server, in the middle of one command.
    puller.hub.cut = size // 3
    puller.pull()
    puller.expect_whole()
    expect_equal(puller.hub.bytes_sent, size, "no byte is sent twice")
    puller.hub.cut = None
    # By a kill, at any byte.
    for at in (0, 1, 4_097, size - 1):
        puller.run("rm", NAME)
        puller.interrupt(at, by=signal.SIGKILL)
        listed = json.loads(puller.run("ls", "--json").stdout)["models"]
        expect_equal([(model["complete"], model["bytes"]) for model in listed], [(False, at)], "ls")
        puller.pull()
        expect_equal(puller.hub.bytes_sent, size - at, f"bytes sent after {at}")
        expect(puller.files()[f"o/r/{FILE}"] == weights(), f"{at}: other bytes")
    # And with a server that cannot go on.
    (puller.folder / "o" / "r" / FILE).unlink()
    puller.hub.ranges = False
    puller.pull()
    expect(puller.files()[f"o/r/{FILE}"] == weights(), "other bytes")
    puller.hub.close()


def test_an_interrupt_stops_a_pull_and_keeps_its_part(h):
    puller = Puller(h)
    code, said = puller.interrupt(1_000)
    expect_equal(code, 130, f"exit code\n{said}")
    expect("1000 B of 293.0 KiB stay; the same command goes on" in said, said)
    expect_equal([len(data) for name, data in puller.files().items() if name.endswith(".part")],
                 [1_000], f"the part\n{said}")
    puller.pull()
    puller.expect_whole()
    puller.hub.close()


def test_what_came_wrong_is_deleted(h):
    puller = Puller(h)
    puller.hub.hashes[FILE] = "0" * 64
    done = puller.pull(code=1)
    expect("SHA-256" in done.stderr, done.stderr)
    expect_equal(puller.files(), {}, "what is left")
    puller.hub.hashes.clear()
    puller.pull()
    puller.expect_whole()
    # Damaged later: the next pull finds it and mends it.
    path = puller.folder / "o" / "r" / FILE
    path.write_bytes(b"x" + path.read_bytes()[1:])
    puller.pull()
    puller.expect_whole()
    expect_equal(json.loads(puller.pull("--json").stdout)["bytes_fetched"], 0, "once more")
    puller.hub.close()


def test_two_versions_of_a_file_are_not_glued_together(h):
    puller = Puller(h)
    puller.interrupt(100_000)
    puller.hub.files["o/r"][FILE] = weights(seed=2)
    puller.pull()
    puller.expect_whole()
    puller.hub.files["o/r"][FILE] = weights(seed=3)
    puller.pull()
    puller.expect_whole()
    puller.hub.close()


def test_what_the_hub_refuses(h):
    puller = Puller(h)
    puller.hub.token = "hf_right"
    done = puller.pull(code=1)
    expect("HF_TOKEN" in done.stderr, done.stderr)
    done = puller.pull(code=1, HF_TOKEN="hf_wrong")
    expect("hf_wrong" not in done.stderr, "the token is shown")
    puller.pull(HF_TOKEN="hf_right")
    expect(set(puller.hub.tokens_elsewhere) == {None}, "another host is shown the token")
    puller.hub.token = None
    for name, code, words in (("x/none:Q4_K_M", 2, "has no x/none"), ("o/r:Q9_9", 2, "Q4_K_M"),
                              ("word", 2, "ls --available"), ("../../x", 2, "ls --available"),
                              ("o/r/other.gguf", 2, "other.gguf")):
        done = puller.run("pull", name)
        expect_equal(done.returncode, code, f"{name}: exit code\n{done.stderr}")
        expect(words in done.stderr, f"{name}: {done.stderr}")
    # What may pass is asked again, what may not is not.
    puller.run("rm", NAME)
    puller.hub.failures = [(429, {"Retry-After": "1"}), (503, {})]
    puller.pull()
    puller.run("rm", NAME)
    puller.hub.failures = [(418, {}), (418, {})]
    expect("418" in puller.pull(code=1).stderr, "it says what the hub answered")
    expect_equal(len(puller.hub.failures), 1, "failures that were not asked for")
    puller.hub.close()


def test_bad_redirects_are_not_followed(h):
    puller = Puller(h)
    for where in ("file:///etc/passwd", "ftp://127.0.0.1/x"):
        puller.hub.redirect = where
        done = puller.pull(code=1, name="o/r/" + FILE)
        expect("not followed" in done.stderr, f"{where}: {done.stderr}")
    expect_equal([name for name, data in puller.files().items() if data], [], "what came")
    puller.hub.close()


def test_paths_that_lead_elsewhere_are_not_written(h):
    puller = Puller(h, {"../../../escaped-Q4_K_M.gguf": weights(), "/tmp/x-Q4_K_M.gguf": weights()})
    done = puller.pull(code=2)
    expect("no GGUF" in done.stderr, done.stderr)
    expect(not list(puller.home.path.rglob("escaped*")), "it was written")
    puller.hub.close()


def test_split_models_are_pulled_whole(h):
    parts = {f"Q8_0/b-Q8_0-0000{n}-of-00003.gguf": weights(50_000, n) for n in (1, 2, 3)}
    puller = Puller(h, {**parts, "mmproj-Q8_0.gguf": weights(10), "c-Q4_0.gguf": weights(10)})
    done = puller.pull(name="o/r:Q8_0")
    expect_equal(puller.files(), {f"o/r/{path}": data for path, data in parts.items()}, "files")
    expect("b-Q8_0-00001-of-00003.gguf" in done.stdout, "the first part is named")
    listed = json.loads(puller.run("ls", "--json").stdout)["models"]
    expect_equal([(model["name"], model["bytes"]) for model in listed], [("b-Q8_0", 150_000)],
                 "the list")
    puller.hub.close()


def test_two_pulls_of_one_model_at_once(h):
    puller = Puller(h)
    puller.hub.hold = 10
    first = puller.start()
    expect(puller.hub.held.wait(20), "the download begins")
    done = puller.pull(code=1)
    expect("being pulled by another process" in done.stderr, done.stderr)
    expect("is being pulled" in puller.run("rm", NAME).stderr, "rm of a model that is pulled")
    puller.hub.go_on.set()
    said, _ = first.communicate(timeout=20)
    expect_equal(first.returncode, 0, f"the first one\n{said}")
    puller.expect_whole()
    # At the very same time one of them does it, and the other is refused or finds it done.
    puller.run("rm", NAME)
    codes = sorted(done.returncode for done in at_once([lambda: puller.run("pull", NAME)] * 2))
    expect(codes in ([0, 0], [0, 1]), f"exit codes {codes}")
    puller.expect_whole()
    puller.hub.close()


def test_a_full_disk_keeps_what_came(h):
    puller = Puller(h)
    # The system's own limit of a file stands for the disk's.
    limited = f'ulimit -f 200; exec "{h.program}" models pull {NAME}'
    done = subprocess.run(["bash", "-c", limited], text=True, capture_output=True, timeout=60,
                          env=puller.home.environment(HF_ENDPOINT=puller.hub.url))
    expect_equal(done.returncode, 1, f"exit code\n{done.stdout}{done.stderr}")
    expect("cannot write" in done.stderr and "stay; the same command goes on" in done.stderr,
           done.stderr)
    puller.hub.bytes_sent = 0
    puller.pull()
    puller.expect_whole()
    expect_equal(puller.hub.bytes_sent, len(weights()) - 200 * 1024, "bytes that were missing")
    puller.hub.close()


def test_what_can_be_pulled_is_listed(h):
    puller = Puller(h)
    known = json.loads(puller.run("ls", "--available", "--json").stdout)["models"]
    expect([model["memory_gb"] for model in known] == [4, 8, 16, 24, 32, 64], f"{known}")
    text = puller.run("ls", "--available").stdout
    expect(all(model["name"] in text for model in known), text)
    expect("ls --available" in puller.run().stdout, "without models it says how to get some")
    # A short name stands for a repository and a quant.
    model = known[0]
    puller.hub.files[model["repository"]] = {f"x-{model['quant']}.gguf": weights()}
    puller.pull(name=model["name"])
    stored = json.loads(puller.run("ls", "--json").stdout)["models"]
    expect_equal([m["short_name"] for m in stored], [model["name"]], "its short name")
    puller.hub.close()
