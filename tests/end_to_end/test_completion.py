"""The words that shells complete, in the shells themselves, and the manual page."""
import shutil
import subprocess

from harness import Failed, Home, expect, expect_equal
from harness.shells import Bash, Fish, Zsh

# The keys that are pressed (a tab completes), and the words that come of them.
WORDS = [
    ("ca\t", ["cache"]),
    ("sta\t", ["status"]),
    ("--port 5 sta\t", ["--port", "5", "status"]),
    ("cache pr\t", ["cache", "prune"]),
    ("cache --json l\t", ["cache", "--json", "ls"]),
    ("cache prune --unu\t", ["cache", "prune", "--unused-for"]),
    ("serve --kv-type-k q8\t", ["serve", "--kv-type-k", "q8_0"]),
    ("--prompt-layout te\t", ["--prompt-layout", "template"]),
    ("--mode=lms\t", ["--mode", "lmstudio"]),
    ("mode vl\t", ["mode", "vllm"]),
    ("doctor --backend ml\t", ["doctor", "--backend", "mlx-lm"]),
    ("doctor --fi\t", ["doctor", "--fix"]),
    ("serve --fi\t", ["serve", "--fi"]),  # of another command
    ("mode vllm st\t", ["mode", "vllm", "st"]),  # no second mode, no command behind one
    ("completion z\t", ["completion", "zsh"]),
    ("serve --model mo\t", ["serve", "--model", "model.gguf"]),
    ("cache import mo\t", ["cache", "import", "model.gguf"]),
    ("serve --record fo\t", ["serve", "--record", "folder"]),  # and no file
    ("-- -p no\t", ["--", "-p", "notes.txt"]),  # claude's own words
    ("-- --mod\t", ["--", "--mod"]),
]


def check_words(h, name, shell_type):
    home = Home(h.scratch)
    done = h.run("completion", name, home=home)
    expect_equal((done.returncode, done.stderr), (0, ""), f"completion {name}")
    folder = home.path / "work"
    (folder / "folder").mkdir(parents=True)
    for file in ("model.gguf", "fold.txt", "notes.txt"):
        (folder / file).touch()
    script = home.path / f"anyclaude.{name}"
    script.write_text(done.stdout)
    shell = shell_type(script, home.environment(), folder)
    try:
        for keys, words in WORDS:
            # Not each shell writes `=` in front of a value, and `/` behind a folder.
            split = [part.rstrip("/") for word in shell.complete(keys)
                     for part in word.split("=") if part]
            expect_equal(split, words, f"what {name} makes of {keys!r}")
    finally:
        shell.close()


def test_bash_completes(h):
    check_words(h, "bash", Bash)


def test_zsh_completes(h):
    check_words(h, "zsh", Zsh)


def test_fish_completes(h):
    check_words(h, "fish", Fish)


def test_other_shells_are_refused(h):
    done = h.run("completion", "tcsh")
    expect_equal(done.returncode, 1, "exit code")
    expect("bash, zsh or fish" in done.stderr, done.stderr)
    expect_equal(done.stdout, "", "a script")


def test_the_manual_page_is_well_formed(h):
    home = Home(h.scratch)
    done = h.run("man", home=home)
    expect_equal((done.returncode, done.stderr), (0, ""), "man")
    page = home.path / "anyclaude.1"
    page.write_text(done.stdout)
    checks = [["mandoc", "-T", "lint", "-W", "warning", page],
              ["groff", "-ww", "-man", "-T", "utf8", "-z", page],
              ["man", "--warnings", "-l", page]]
    present = [check for check in checks if shutil.which(check[0])]
    if not present:
        raise Failed("neither mandoc nor groff is there; 'make setup' installs one")
    for check in present:
        said = subprocess.run(check, text=True, capture_output=True, timeout=60,
                              env=home.environment(MANPAGER="cat", LC_ALL="C.UTF-8"))
        complaints = said.stdout + said.stderr if check[0] == "mandoc" else said.stderr
        expect_equal((said.returncode, complaints), (0, ""), f"what {check[0]} says")
    # Every command and setting of --help is in it.
    text = page.read_text().replace("\\-", "-")
    for line in h.run("--help", home=home).stdout.splitlines():
        word = line.strip().split(" ")[0]
        if line.startswith("  --") and word not in ("--version", "--help"):
            expect(f"\\fB{word}\\fR" in text, f"{word} is missing")
