"""The package for Debian (ANYCLAUDE_TEST_PACKAGE), looked at and installed into a clean root."""
import json
import os
import re
import shutil
from pathlib import Path

from harness import Home, expect, expect_equal
from harness.clean_root import CleanRoot, must
from harness.conversation import body

PACKAGE = Path(os.environ["ANYCLAUDE_TEST_PACKAGE"])
CHECKOUT = Path(__file__).resolve().parents[3]
_roots = []


def clean_root(h):
    """The one that the cases share. From then on `h` runs the program in it."""
    if not _roots:
        _roots.append(CleanRoot(PACKAGE, [h.scratch, h.model.parent]))
    h.program = _roots[0].program
    return _roots[0]


def libraries(root):
    return next(root.path.glob("usr/lib/**/anyclaude"))


def test_lintian_finds_no_error(h):
    # An embedded copy is what we want: ggml's and the engine's sources are pinned.
    said = must(["lintian", "--allow-root", "--fail-on", "error", "--tag-display-limit", "0",
                 PACKAGE])
    h.note(f"{len(said.splitlines())} warnings")


def test_the_package_says_what_it_is(h):
    fields = must(["dpkg-deb", "--field", PACKAGE])
    for wanted in ("Package: anyclaude", "Section: ", "Maintainer: ", "Description: Claude Code"):
        expect(wanted in fields, f"no {wanted!r} in\n{fields}")
    depends = re.search(r"^Depends: (.*)$", fields, re.MULTILINE).group(1)
    for library in ("libc6", "libcurl4", "libgomp1", "libssl3", "libstdc++6"):
        expect(library in depends, f"{library} is not among {depends}")
    control = must(["dpkg-deb", "--ctrl-tarfile", PACKAGE], errors="replace")
    expect("conffiles" not in control, "it has files of configuration")


def test_no_path_of_the_building_machine_is_in_it(h):
    folder = h.scratch / "unpacked"
    must(["dpkg-deb", "--extract", PACKAGE, folder])
    for path in folder.rglob("*"):
        if path.is_file():
            for trace in (CHECKOUT, Path.home() / ".cache"):
                expect(bytes(trace) not in path.read_bytes(), f"{path.name} names {trace}")


def test_doctor_works_there(h):
    clean_root(h)
    done = h.run("doctor", "--model", h.model, "--json")
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    failed = [name for name, check in checks.items() if check["level"] == "fail"]
    # Claude Code is no package of Debian's; all else must be there.
    expect(all("claude" in name for name in failed), f"{failed} failed\n{done.stdout}")


def maps_of(server):
    """The files that the server's process has mapped."""
    return Path(f"/proc/{server.process.pid}/maps").read_text()


def test_serves_there(h):
    root = clean_root(h)
    server = h.own_server()
    answer = server.answer(body("Say hello.", max_tokens=8))
    expect(answer["usage"]["output_tokens"] > 0, answer)
    used = set(re.findall(r"/anyclaude/libggml-cpu-(\w+)\.so", maps_of(server)))
    expect_equal(len(used), 1, f"libraries that compute: {used}")
    h.note(f"computed with {used.pop()}, of {len(list(libraries(root).glob('*cpu-*')))}")


def with_libraries(h, root, names):
    """`h` runs the program with these of its libraries alone, in a folder that has the others."""
    folder = Home(h.scratch).path / "libraries"
    folder.mkdir()
    for name in names:
        shutil.copy(libraries(root) / name, folder)
    inside = "/" + str(libraries(root).relative_to(root.path))
    h.program = root.enter(f"env -C {inside} LD_LIBRARY_PATH={folder} /usr/bin/anyclaude",
                           "with-libraries")


def test_the_oldest_processor_is_served(h):
    """By the library that every processor can run."""
    root = clean_root(h)
    oldest = "libggml-cpu-x64.so" if os.uname().machine == "x86_64" else "libggml-cpu-armv8.0_1.so"
    with_libraries(h, root, ["libggml.so", "libggml-base.so", oldest])
    server = h.own_server()
    answer = server.answer(body("Say hello.", max_tokens=8))
    expect(answer["usage"]["output_tokens"] > 0, answer)
    expect(f"/libraries/{oldest}" in maps_of(server), "it computes with another library")


def test_without_a_library_it_says_so(h):
    root = clean_root(h)
    with_libraries(h, root, ["libggml.so", "libggml-base.so"])
    done = h.run("doctor", "--model", h.model)
    expect_equal(done.returncode, 1, "exit code")
    expect("install the package again" in done.stdout + done.stderr, done.stdout + done.stderr)


def test_the_shells_there_complete_its_words(h):
    root = clean_root(h)
    said = root.run("bash", "-c", ". /usr/share/bash-completion/bash_completion; "
                    "_completion_loader anyclaude; complete -p anyclaude")
    expect("-F _anyclaude anyclaude" in said, said)
    said = root.run("zsh", "-fc", "autoload -Uz compinit; compinit -u -D; "
                    "print $_comps[anyclaude]; autoload +X _anyclaude && print loaded")
    expect_equal(said, "_anyclaude\nloaded\n", "zsh")
    said = root.run("fish", "-c", "complete -C 'anyclaude cac'")
    expect(said.startswith("cache\t"), said)


def test_the_manual_page_is_there(h):
    said = clean_root(h).run("sh", "-c", "MANPAGER=cat man --warnings anyclaude 2>&1")
    expect("--kv-type-k" in said and "warning" not in said, said[:2000])


def test_nothing_stays_when_it_is_removed(h):
    """The last of the cases."""
    root = clean_root(h)
    root.run("dpkg", "--purge", "anyclaude")
    left = [str(path) for path in (root.path / "usr").rglob("*anyclaude*")]
    expect_equal(left, [], "files that stay")
