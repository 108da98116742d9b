"""The documents' fenced blocks, by what may be done with them, which what follows the three
backticks says:

sh             commands that a test runs as they stand (but for ports; see test_guides.py)
sh elsewhere   commands for another machine, as root, or that fetch gigabytes: their programs and
               options are looked up (commands.py)
toml, json     read by the program, or as what they are
ini            a systemd unit
text, mermaid, caddy, nginx, or nothing   shown only
"""
import re

from harness.setup import ROOT

KINDS = {"sh", "sh elsewhere", "toml", "json", "ini", "text", "mermaid", "caddy", "nginx", "yaml",
         ""}
FENCE = re.compile(r"^```(?P<kind>[^\n`]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


class Block:
    def __init__(self, document, line, kind, text):
        self.document = document  # its path in the checkout
        self.line = line          # of its first line of text
        self.kind = kind
        self.text = text

    def __str__(self):
        return f"{self.document}:{self.line}"


def blocks(path):
    """Of one document, in order."""
    text = path.read_text(encoding="utf-8")
    for match in FENCE.finditer(text):
        line = text.count("\n", 0, match.start()) + 2
        yield Block(path.relative_to(ROOT), line, match["kind"].strip(), match["text"])


def documents():
    """Those whose commands are promised to work."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")),
            *sorted((ROOT / "docs" / "guides").glob("*.md"))]


def blocks_of_kind(*kinds):
    return [block for path in documents() for block in blocks(path) if block.kind in kinds]
