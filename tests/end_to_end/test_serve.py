"""`anyclaude serve` that cannot start, says why, and what it says of itself when it has."""
import os
import stat

from harness import Home, KEY, body, expect, expect_equal


def refused(h, name, *arguments, words=(), **environment):
    """`serve` must end with 1 and an error on standard error that holds one of `words`."""
    environment = {"ANYCLAUDE_API_KEY": KEY, **environment}
    done = h.run("serve", "--port", "0", *arguments, **environment)
    expect_equal(done.returncode, 1, f"{name}: exit code\n{done.stdout}{done.stderr}")
    said = (done.stdout + done.stderr).lower()
    expect(any(word in said for word in words), f"{name}: none of {words} in: {said}")
    for sign in ("terminate called", "assert", "segmentation", "backtrace", "ggml_abort"):
        expect(sign not in said, f"{name}: {sign} in: {said}")


def test_models_that_are_none(h):
    whole = h.model.read_bytes()
    folder = Home(h.scratch).path

    def file(name, content):
        path = folder / name
        path.write_bytes(content)
        return path
    flipped = bytearray(whole[:4 << 20])
    flipped[8:16] = b"\xff" * 8  # the number of tensors
    for name, path, words in (
            ("missing", folder / "nothing.gguf", ("nothing.gguf",)),
            ("a folder", folder, ("no model file", "folder", "directory")),
            ("empty", file("empty.gguf", b""), ("empty.gguf",)),
            ("not a model", file("poem.gguf", b"Shall I compare thee to a summer's day?" * 1000),
             ("poem.gguf",)),
            ("magic only", file("magic.gguf", b"GGUF"), ("magic.gguf",)),
            ("cut in the header", file("header.gguf", whole[:5000]), ("header.gguf",)),
            ("cut in the tensors", file("half.gguf", whole[:len(whole) // 2]), ("half.gguf",)),
            ("cut at the last byte", file("last.gguf", whole[:-1]), ("last.gguf",)),
            ("a wild tensor count", file("wild.gguf", bytes(flipped)), ("wild.gguf",))):
        refused(h, name, "--model", path, words=words)


def test_settings_that_cannot_be(h):
    model = ("--model", h.model)
    refused(h, "a port that is none", *model, "--port", "70000", words=("port",))
    refused(h, "an unknown option", *model, "--no-such-option", "1", words=("no-such-option",))
    refused(h, "a context of nothing", *model, "--context", "0x", words=("context",))
    refused(h, "an address beyond loopback without a key of one's own", *model, "--host", "0.0.0.0",
            words=("--api-key", "anyclaude_api_key"), ANYCLAUDE_API_KEY="")
    refused(h, "a template that is missing", *model, "--chat-template", h.scratch / "no.jinja",
            words=("no.jinja",))


def test_a_port_that_is_taken(h):
    refused(h, "a taken port", "--model", h.model, "--port", str(h.server().port), words=("port",))


def test_a_key_is_made_at_the_first_start(h):
    server = h.own_server(key=None)
    files = [path for path in server.home.path.rglob("*") if path.is_file()
             and path.parent.name == "anyclaude" and path.name == "key"]
    expect_equal(len(files), 1, f"key files: {files}")
    expect_equal(stat.S_IMODE(os.stat(files[0]).st_mode), 0o600, "mode of the key file")
    key = files[0].read_text().strip()
    expect(len(key) >= 32, f"a key of {len(key)} characters")
    expect_equal(server.ask(body("Hi.")).status, 401, "an answer without the key")
    server.key = key
    server.answer(body("Hi.", max_tokens=1))


def test_an_orderly_end(h):
    server = h.own_server()
    stream = server.stream(body("Tell me a very long story.", max_tokens=3000))
    next(iter(stream))
    expect_equal(server.stop(), 0, f"exit code after SIGTERM\n{server.log(20)}")
    stream.leave()


def test_help_and_version(h):
    for arguments in (("--help",), ("serve", "--help"), ("--version",)):
        done = h.run(*arguments)
        expect_equal(done.returncode, 0, f"{arguments}: exit code")
        expect(done.stdout.strip(), f"{arguments}: nothing on standard output")
    expect("context" in h.run("serve", "--help").stdout, "the options of serve are not explained")


def test_doctor(h):
    done = h.run("doctor", "--model", h.model)
    expect("context" in done.stdout.lower(), f"{done.stdout}{done.stderr}")
