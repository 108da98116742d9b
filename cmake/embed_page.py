#!/usr/bin/env python3
"""Writes the dashboard's page as C++: the web_files() that api/web_files.h declares.

usage: embed_page.py FOLDER OUTPUT.cpp

FOLDER is what scripts/web.sh has bundled.
"""
import re
import sys
from pathlib import Path

TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
         ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
LINE_BYTES = 80  # of the file; escaped it is longer


def literal(content):
    """Adjacent strings of C. An octal escape has three digits, so none swallows what follows."""
    lines = []
    for begin in range(0, len(content), LINE_BYTES):
        text = "".join(chr(byte) if 32 <= byte < 127 and byte not in b'"\\?' else f"\\{byte:03o}"
                       for byte in content[begin:begin + LINE_BYTES])
        lines.append(f'    "{text}"')
    return "\n".join(lines) or '    ""'


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.split("\n\n")[1])
    folder, output = Path(sys.argv[1]), Path(sys.argv[2])
    files = sorted(path for path in folder.iterdir() if path.suffix in TYPES)
    if not any(path.name == "index.html" for path in files):
        sys.exit(f"error: {folder} has no index.html; scripts/web.sh {folder} makes it")
    parts = ['// Made by cmake/embed_page.py of web/.', '#include "api/web_files.h"', "",
             "#include <array>", "", "namespace anyclaude {", "namespace {", ""]
    entries = []
    for path in files:
        name = re.sub(r"\W", "_", path.name)
        parts += [f"constexpr char {name}[] =", literal(path.read_bytes()) + ";", ""]
        entries.append(f'    WebFile{{"{path.name}", "{TYPES[path.suffix]}", '
                       f"{{{name}, sizeof({name}) - 1}}}},")
    parts += [f"constexpr std::array<WebFile, {len(files)}> files = {{", *entries, "};", "",
              "}  // namespace", "", "std::span<const WebFile> web_files() { return files; }", "",
              "}  // namespace anyclaude", ""]
    output.write_text("\n".join(parts), encoding="ascii")


if __name__ == "__main__":
    main()
