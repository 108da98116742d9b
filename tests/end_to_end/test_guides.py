"""What the documents promise works: every command in a block is run or looked up, every snippet of
configuration is read by the program, every message that troubleshooting names is one of ours.

Commands run as they stand, by somebody with a home of their own (harness/guide_reader.py), but that
the ports of the guides are others. harness/guide.py tells what the blocks' marks mean.
"""
import json
import re
import shutil
import subprocess

from harness import Failed, Home, expect, expect_equal
from harness.commands import Lookup
from harness.guide import KINDS, Block, blocks, blocks_of_kind, documents
from harness.guide_reader import GuideReader
from harness.model_server import mlx_lm
from harness.setup import ROOT

PROBE = "scripts/test/test-mlx-kv-cache-real.sh http://localhost:8081"


def commands_of(path):
    return [block for block in blocks(path) if block.kind == "sh"]


def follow(h, name):
    path = next(path for path in documents() if path.name == name)
    return GuideReader(h).follow(commands_of(path))


def test_every_block_is_of_a_kind(h):
    counted = {}
    for path in documents():
        fences = len(re.findall(r"^\s*(?:```|~~~)", path.read_text(), re.MULTILINE))
        found = list(blocks(path))
        expect_equal(2 * len(found), fences, f"{path.name}: fences, of which none is indented")
        for block in found:
            expect(block.kind in KINDS, f"{block}: no kind of block: {block.kind!r}")
            counted[block.kind] = counted.get(block.kind, 0) + 1
    expect(counted["sh"] > 2 * counted["sh elsewhere"], f"most are run: {counted}")
    h.note(f"{counted['sh']} blocks are run, {counted['sh elsewhere']} looked up")


def test_every_document_with_commands_is_followed(h):
    """A new guide needs a case below."""
    have = {"test_follow_" + path.stem.lower().replace("-", "_") for path in documents()
            if commands_of(path)}
    expect_equal({name for name in globals() if name.startswith("test_follow_")}, have,
                 "cases beside documents with commands")


def test_commands_for_elsewhere_are_right(h):
    lookup = Lookup(h)
    for block in blocks_of_kind("sh elsewhere"):
        lookup.check(block)


def test_commands_that_are_wrong_are_found(h):
    lookup = Lookup(h)
    for command in ("anyclaude doctor --mend", "anyclaude mend", "mlx_lm.server --bits 4",
                    "vllm serve M --fast", "lms load M --context 4", "lms fetch M",
                    "hf download M --where x", "pip install no-such-package", "curl x | sh",
                    "npm install -g claude", "systemctl --user remable x", "scripts/gone.sh",
                    "export CLAUDE_CODE_MEND=1", "export ANYCLAUDE_MEND=1", "if true; then"):
        try:
            lookup.check(Block("a guide", 1, "sh elsewhere", command + "\n"))
        except Failed:
            continue
        raise Failed(f"nothing is found wrong with: {command}")


def test_configuration_is_read(h):
    for block in blocks_of_kind("toml"):
        home = Home(h.scratch)
        folder = home.path / "config" / "anyclaude"
        folder.mkdir()
        (folder / "config.toml").write_text(block.text)
        done = h.run("status", home=home)
        expect_equal(done.returncode, 3, f"{block}: status of no server\n{done.stderr}")
    for block in blocks_of_kind("json"):
        json.loads(block.text)


def test_the_systemd_unit_is_right(h):
    units = blocks_of_kind("ini")
    expect_equal(len(units), 1, "units")
    lookup = Lookup(h)
    for command in re.findall(r"^ExecStart=(.*)$", units[0].text, re.MULTILINE):
        lookup.check_command(command.split())
    if shutil.which("systemd-analyze") is None:
        return h.note("systemd is not here")
    unit = h.scratch / "anyclaude.service"
    unit.write_text(units[0].text.replace("%h/.local/bin/anyclaude", str(h.program)))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], text=True,
                          capture_output=True, timeout=60)
    expect("anyclaude" not in done.stderr, done.stderr)
    return None


def test_messages_in_troubleshooting_are_ours(h):
    sources = " ".join(path.read_text() for path in sorted((ROOT / "src").rglob("*.[ch]*")))
    joined = re.sub(r'"\s*"', "", sources)  # literals that stand behind each other are one
    text = (ROOT / "docs/guides/troubleshooting.md").read_text()
    tables = re.findall(r"^\| (?:you see|the line ends with) \|.*\n\|[-| ]+\|\n((?:\|.*\n)+)", text,
                        re.MULTILINE)
    named = [message for table in tables for row in table.splitlines()
             for message in re.findall(r"`([^`]+)`", row.split(" | ")[0])]
    expect(len(named) > 25, f"{len(named)} messages")
    for message in named:
        expect(message in joined, f"the program does not say {message!r}")


def test_follow_mlx_lm_setup(h):
    """With the real one, which reads some 18 tokens a second here."""
    mlx = mlx_lm(h)
    reader = GuideReader(h, {8081: mlx.port}, "--tools= --system-prompt=Answer.")
    said = reader.follow(commands_of(ROOT / "docs/guides/mlx-lm-setup.md"),
                         [(PROBE, PROBE + " --tokens 90 --rounds 1")])
    expect("The cache works" in said, said)
    expect("told in words" in said, "SmolLM2's template shows no tools")


def test_follow_lmstudio_setup(h):
    said = follow(h, "lmstudio-setup.md")
    expect("100,000 tokens" in said, f"its context, which only LM Studio's own list tells: {said}")


def test_follow_vllm_setup(h):
    said = follow(h, "vllm-setup.md")
    expect(said.count("* vllm") >= 3, f"the one server and the fleet's two:\n{said[-2000:]}")


def test_follow_embedded_models(h):
    said = follow(h, "embedded-models.md")
    expect("6.0\n3.1875" in said, f"the sums that the text repeats: {said}")


def test_follow_readme(h):
    follow(h, "README.md")


def test_follow_contributing(h):
    follow(h, "CONTRIBUTING.md")


def test_follow_openai_clients(h):
    follow(h, "openai-clients.md")


def test_follow_quick_start(h):
    follow(h, "quick-start.md")


def test_follow_kv_cache_strategy(h):
    follow(h, "kv-cache-strategy.md")


def test_follow_modes(h):
    follow(h, "modes.md")


def test_follow_configuration(h):
    follow(h, "configuration.md")


def test_follow_migration(h):
    follow(h, "migration.md")


def test_follow_troubleshooting(h):
    follow(h, "troubleshooting.md")


def test_follow_tool_calling(h):
    said = follow(h, "tool-calling.md")
    answer, _ = json.JSONDecoder().raw_decode(said[said.index('{"id":"msg_'):])
    calls = [block["input"] for block in answer["content"] if block["type"] == "tool_use"]
    expect(calls and len(calls[0]["place"]) <= 20, f"no call that fits its schema: {answer}")


def test_follow_teams(h):
    said = follow(h, "teams.md")
    expect("signed with the team's key" in said, said[-1500:])
