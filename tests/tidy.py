#!/usr/bin/env python3
"""Holds the rules of the house that no compiler holds; a test (ctest runs it).

tidy.py [FOLDER]   the project's root, by default the one that this file is in

Prints one line a finding and exits with 1 when there is any. Notes do not fail.
A banned call that is right where it stands says so on its line:  // tidy: allow NAME, because ...
"""

import os
import pathlib
import re
import sys

LINE_MAX = 100
FUNCTION_MAX = 70
FILE_MAX = 450
BYTES_MAX = 3_000_000

# From the top down. An include may only point to a folder further down.
LAYERS = "main cli bench models service config api route engine prompt kv protocol net base".split()
STRANGERS = [{"prompt", "kv"}, {"prompt", "net"}, {"kv", "net"}, {"protocol", "net"},
             {"protocol", "kv"}]

# Which headers of others may be included where (paths below src/).
ENGINE_HEADERS = (r"(llama|llama-[\w-]*|ggml[\w-]*|gguf|common|chat|sampling|mtmd[\w-]*|fit|"
                  r"download|json-schema-to-grammar|jinja/.*|arg|log|speculative)\.h")
FOREIGN = [
    (ENGINE_HEADERS, r"engine/embedded/.*", "only engine/embedded may include the engine"),
    (r"httplib\.h|curl/", r"net/.*\.cpp", "only net/*.cpp may include the HTTP libraries"),
    (r"cairo.*\.h", r"bench/canvas\.cpp", "only bench/canvas.cpp may include cairo"),
    (r"nlohmann/.*", r"protocol/.*|(api|prompt|engine/embedded)/.*\.cpp",
     "JSON belongs to protocol/; .cpp files of api, prompt and engine/embedded may use it"),
]

# Calls that are not made here: name, pattern, where (below the root), and what to do instead.
BANNED = [
    ("detach", r"\.detach\(\)", r"src/.*", "let the owner's destructor join the thread"),
    ("sleep_for", r"\b(sleep_for|sleep_until|usleep|sleep)\s*\(", r".*_test\.cpp|(tests|fuzz)/.*",
     "wait for the condition itself (CondVar)"),
    ("print", r"\bstd::(cout|cerr|clog)\b|\b(f|v|vf)?printf\s*\(|\bputs\s*\(|\bfmt::print\b",
     r"src/(?!cli/|main\.cpp|.*_test\.cpp).*", "log with spdlog, or return the text"),
    ("exit", r"(?<![\w.>])(_exit|exit|abort|quick_exit|terminate)\s*\(",
     r"src/(?!cli/|main\.cpp|base/(process|signals)\.cpp|.*_test\.cpp).*", "return an Error"),
    ("mutex", r"\bstd::(recursive_|shared_|timed_)?mutex\b|\bstd::(lock_guard|unique_lock|"
     r"scoped_lock|condition_variable)\b", r"(src|tests|fuzz|bench)/(?!base/sync\.h).*",
     "use Mutex, MutexLock, CondVar of base/sync.h, which the thread-safety analysis sees"),
    ("regex", r"\bstd::w?regex\b", r"src/.*", "it recurses over its input; parse by hand"),
]

# Written in halves, so that this file does not name them.
HOSTS = ["pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org", "npmjs" + ".com",
         "crates" + ".io", "deb.debian" + ".org", "security.debian" + ".org",
         "snapshot.debian" + ".org", "ubuntu.com" + "/ubuntu", "maven" + ".org",
         "proxy.golang" + ".org"]
LEFTOVER = re.compile(r"\b(" + "TO" + "DO|FIX" + "ME|X" + r"XX)\b")

SKIPPED_FOLDERS = {".git", "build", "node_modules", "__pycache__", ".cache"}
CODE = {".h", ".cpp", ".py", ".sh", ".mjs", ".cmake", ".ts", ".tsx", ".css"}
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
LITERAL = re.compile(r'R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"|"(?:[^"\\\n]|\\.)*"|'
                     r"(?<![0-9a-fA-F])'(?:[^'\\\n]|\\.)*'|//[^\n]*|/\*.*?\*/", re.DOTALL)
CONTAINER = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b[^()]*$")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


def without_literals(text):
    """C++ with strings and comments blanked; the lines stay where they are."""
    def blank(match):
        return '""' + "\n" * match.group().count("\n")
    return LITERAL.sub(blank, text)


def long_functions(text):
    """(line, length) of each function body over the limit; lambdas count as part of theirs."""
    code = "\n".join("" if line.lstrip().startswith("#") else line
                     for line in without_literals(text).split("\n"))
    stack, header = [], 0  # of each open brace: is it a container, where it began
    for match in re.finditer(r"[{};]", code):
        at, inside = match.start(), stack and not stack[-1][0]
        if match.group() == "{":
            before = code[header:at].strip()
            container = bool(CONTAINER.search(before)) or before.endswith("=")
            stack.append((container and not inside, at, inside))
        elif match.group() == "}" and stack:
            container, start, nested = stack.pop()
            lines = code.count("\n", start, at) + 1
            if not container and not nested and lines > FUNCTION_MAX:
                yield code.count("\n", 0, start) + 1, lines
        header = at + 1


def prose_of(text):
    """A document without its blocks; the lines stay where they are."""
    return FENCED.sub(lambda match: "\n" * match.group().count("\n"), text)


def anchors(text):
    """Of the headings of a document, as GitHub makes them."""
    for heading in re.findall(r"^#{1,6} +(.*?) *$", prose_of(text), re.MULTILINE):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
        yield re.sub(r"[^\w\- ]", "", words).replace(" ", "-")


class Tidy:
    def __init__(self, root):
        self.root = pathlib.Path(root).resolve()
        self.findings = []
        self.notes = []

    def find(self, path, line, text):
        self.findings.append(f"{path}:{line}: {text}")

    def files(self):
        for folder, folders, names in os.walk(self.root):
            folders[:] = sorted(set(folders) - SKIPPED_FOLDERS)
            for name in sorted(names):
                yield pathlib.Path(folder, name).relative_to(self.root)

    def run(self):
        paths = list(self.files())
        for path in paths:
            try:
                text = (self.root / path).read_text(encoding="utf-8")
            except UnicodeDecodeError:
                self.check_bytes(path)
                continue
            self.check_text(path, text)
            if path.suffix in CODE or path.name == "CMakeLists.txt":
                self.check_size(path, text)
            if path.suffix in (".h", ".cpp"):
                self.check_cpp(path, text)
            if path.suffix == ".md":
                self.check_document(path, text)
        self.check_lists(paths)
        return self

    def check_text(self, path, text):
        for number, line in enumerate(text.split("\n"), 1):
            if match := LEFTOVER.search(line):
                self.find(path, number, f"{match.group()}: do it, or file an issue")
            for host in HOSTS:
                if host in line:
                    self.find(path, number, f"names the host {host}; say the package's name only")

    def check_bytes(self, path):
        size = (self.root / path).stat().st_size
        if size > BYTES_MAX:
            self.find(path, 1, f"{size:,} bytes; everybody fetches them: at most {BYTES_MAX:,}")

    def check_size(self, path, text):
        lines = text.split("\n")
        for number, line in enumerate(lines, 1):
            if len(line) > LINE_MAX:
                self.find(path, number, f"line of {len(line)} columns; at most {LINE_MAX}")
        if len(lines) - 1 > FILE_MAX:
            self.find(path, 1, f"file of {len(lines) - 1} lines; at most {FILE_MAX}: split by noun")

    def check_cpp(self, path, text):
        name, code, lines = path.as_posix(), without_literals(text), text.split("\n")
        for line, length in long_functions(text):
            self.find(path, line, f"function of {length} lines; at most {FUNCTION_MAX}")
        for what, pattern, where, instead in BANNED:
            if not re.fullmatch(where, name):
                continue
            for match in re.finditer(pattern, code):
                number = code.count("\n", 0, match.start()) + 1
                if f"tidy: allow {what}" not in lines[number - 1]:
                    self.find(path, number, f"{match.group().strip(' (')}: {instead}")
        if path.parts[0] == "src":
            self.check_includes(path, text)
            if path.suffix == ".h" and not text.startswith("//"):
                self.find(path, 1, "a header begins with a comment: what it is, threads, errors")

    def check_includes(self, path, text):
        layer = path.parts[1] if len(path.parts) > 2 else path.stem
        if layer not in LAYERS:
            self.find(path, 1, f"'{layer}' is no layer; the layers are: {', '.join(LAYERS)}")
            return
        below = "/".join(path.parts[1:])
        for match in INCLUDE.finditer(text):
            number, name = text.count("\n", 0, match.start(1)) + 1, match.group(1)
            target = pathlib.PurePosixPath(name)
            other = target.parts[0] if len(target.parts) > 1 else target.stem
            if ".." in target.parts:
                self.find(path, number, f"includes {name}: name it from src/ on")
            elif (self.root / "src" / name).exists() and other in LAYERS:
                if LAYERS.index(other) < LAYERS.index(layer):
                    self.find(path, number, f"includes {name}: upward; {layer} is below {other}")
                elif {layer, other} in STRANGERS:
                    self.find(path, number, f"includes {name}: {layer} does not know {other}")
            else:
                for pattern, allowed, why in FOREIGN:
                    if re.fullmatch(pattern, name) and not re.fullmatch(allowed, below):
                        self.find(path, number, f"includes {name}: {why}")

    def check_document(self, path, text):
        prose = prose_of(text)
        titles = re.findall(r"^# ", prose, re.MULTILINE)
        if len(titles) != 1:
            self.find(path, 1, f"{len(titles)} titles; a document has one")
        for match in LINK.finditer(prose):
            target, _, anchor = match.group(1).partition("#")
            if "://" in target or target.startswith("mailto:"):
                continue
            number = prose.count("\n", 0, match.start()) + 1
            file = self.root / path.parent / target if target else self.root / path
            if not file.exists():
                self.find(path, number, f"links to {target}, which is not there")
            elif anchor and file.suffix == ".md":
                if anchor not in anchors(file.read_text(encoding="utf-8")):
                    self.find(path, number, f"links to {match.group(1)}: no such heading")

    def check_lists(self, paths):
        """Sources that no build knows, and sources without a test of their own."""
        listed = "\n".join((self.root / path).read_text(encoding="utf-8")
                           for path in paths if path.suffix in (".txt", ".cmake"))
        present = set(paths)
        for path in paths:
            if path.suffix != ".cpp" or path.parts[0] != "src":
                continue
            folder = "/".join(path.parts[1:-1])
            kind = "add_layer_tests" if path.stem.endswith("_test") else "add_layer"
            if folder and not re.search(rf"\b{kind}\({folder}[\s)]", listed):
                self.find(path, 1, f"is not built: no {kind}({folder}) in CMake")
            if not folder and path.name not in listed:
                self.find(path, 1, "is not built: CMake does not name it")
            test = path.with_name(path.stem + "_test.cpp")
            if not path.stem.endswith("_test") and path.stem != "main" and test not in present:
                self.notes.append(f"{path} has no {test.name} beside it")


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent
    tidy = Tidy(root).run()
    for note in tidy.notes:
        print(f"note: {note}")
    for finding in tidy.findings:
        print(f"tidy: {finding}")
    return 1 if tidy.findings else 0


if __name__ == "__main__":
    sys.exit(main())
