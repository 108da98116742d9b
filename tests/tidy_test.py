#!/usr/bin/env python3
"""Proves that each rule of tidy.py fails on a made-up tree that breaks it, and only that one."""

import pathlib
import tempfile
import unittest

from tidy import BYTES_MAX, FILE_MAX, FUNCTION_MAX, HOSTS, LINE_MAX, Tidy

HEADER = "// What it is.\n#pragma once\n"
CLEAN = {
    "CMakeLists.txt": "add_layer(base fmt)\nadd_layer(net base)\nadd_layer(kv base)\n"
                      "add_layer(api net)\nadd_layer_tests(kv)\nadd_executable(x src/main.cpp)\n",
    "src/main.cpp": '#include "api/api.h"\nint main() { return exit(0), 0; }\n',
    "src/base/file.h": HEADER,
    "src/net/http.h": HEADER + '#include "base/file.h"\n',
    "src/net/http.cpp": '#include "net/http.h"\n#include <httplib.h>\n',
    "src/kv/cache.h": HEADER + '#include "base/file.h"\n',
    "src/kv/cache.cpp": '#include "kv/cache.h"\n',
    "src/kv/cache_test.cpp": '#include "kv/cache.h"\n',
    "src/api/api.h": HEADER + '#include "net/http.h"\n',
    "README.md": "# Title\n[code](src/main.cpp) [web](https://example.com)\n```\n# no title\n```\n",
}


class TidyTest(unittest.TestCase):
    def tidy(self, changes):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in {**CLEAN, **changes}.items():
                path = pathlib.Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(text if isinstance(text, bytes) else text.encode())
            return Tidy(folder).run()

    def assert_finds(self, expected, name, text):
        findings = self.tidy({name: text}).findings
        self.assertEqual(len(findings), 1, findings)
        self.assertIn(f"{name}:", findings[0])
        self.assertIn(expected, findings[0])

    def assert_clean(self, name, text):
        self.assertEqual(self.tidy({name: text}).findings, [])

    def test_clean_tree(self):
        self.assertEqual(self.tidy({}).findings, [])

    def test_include_upward(self):
        self.assert_finds("upward; kv is below api", "src/kv/cache.h",
                          HEADER + '#include "api/api.h"\n')

    def test_include_upward_from_a_test(self):
        self.assert_finds("upward", "src/kv/cache_test.cpp", '#include "api/api.h"\n')

    def test_include_of_a_stranger(self):
        self.assert_finds("kv does not know net", "src/kv/cache.h",
                          HEADER + '#include "net/http.h"\n')

    def test_include_by_a_relative_path(self):
        self.assert_finds("from src/ on", "src/kv/cache.h", HEADER + '#include "../base/file.h"\n')

    def test_folder_that_is_no_layer(self):
        findings = self.tidy({"src/util/things.h": HEADER}).findings
        self.assertEqual(len(findings), 1)
        self.assertIn("'util' is no layer", findings[0])

    def test_includes_of_others(self):
        for include, expected in (("llama.h", "only engine/embedded"), ("httplib.h", "only net"),
                                  ("nlohmann/json.hpp", "JSON belongs")):
            self.assert_finds(expected, "src/kv/cache.cpp", f"#include <{include}>\n")
        self.assert_finds("only net", "src/net/http.h", HEADER + "#include <httplib.h>\n")

    def test_long_line(self):
        self.assert_clean("src/base/file.h", HEADER + "// " + "ä" * (LINE_MAX - 3) + "\n")
        self.assert_finds(f"line of {LINE_MAX + 1} columns", "src/base/file.h",
                          HEADER + "// " + "ä" * (LINE_MAX - 2) + "\n")

    def test_long_function(self):
        def source(lines):
            body = "  if (x) {\n    y('{');  // }\n" + "    y();\n" * (lines - 5) + "  }\n"
            return ("namespace a {\nclass B {\n C() : d_(1) {}\n};\nint t[] = {\n" +
                    "  1,\n" * 2 * FUNCTION_MAX + "};\nvoid f() {\n" + body + "}\n}\n")
        self.assert_clean("src/kv/cache.cpp", source(FUNCTION_MAX))
        self.assert_finds(f"function of {FUNCTION_MAX + 1} lines", "src/kv/cache.cpp",
                          source(FUNCTION_MAX + 1))

    def test_long_file(self):
        self.assert_clean("src/kv/cache.cpp", "\n" * FILE_MAX)
        self.assert_finds("split by noun", "src/kv/cache.cpp", "\n" * (FILE_MAX + 1))

    def test_long_pictures(self):
        self.assert_clean("docs/picture.gif", b"\xff" * BYTES_MAX)
        self.assert_finds("at most", "docs/picture.gif", b"\xff" * (BYTES_MAX + 1))

    def test_leftover_word(self):
        for word in ("TO" + "DO", "FIX" + "ME", "X" + "XX"):
            self.assert_finds("file an issue", "src/kv/cache.cpp", f"// {word}: later\n")
        self.assert_clean("Makefile", "mktemp work." + "X" * 6 + "\n")

    def test_host_of_a_registry(self):
        for host in HOSTS:
            self.assert_finds("names the host", "notes.txt", f"see https://{host}/\n")

    def test_banned_calls(self):
        for call in ("thread.detach();", 'printf("x");', "std::cout << 1;", "exit(1);",
                     "std::mutex m;", "std::lock_guard l(m);", "std::regex r;"):
            self.assert_finds(": ", "src/kv/cache.cpp", f"void f() {{ {call} }}\n")
        self.assert_finds("wait for the condition", "src/kv/cache_test.cpp",
                          "void f() { std::this_thread::sleep_for(x); }\n")

    def test_banned_words_where_they_are_right(self):
        self.assert_clean("src/kv/cache.cpp", '// printf("x")\nauto s = "exit(1)";\n')
        self.assert_clean("src/kv/cache.cpp", "void f() { cell.exit(1); snprintf(b, n, f); }\n")
        self.assert_clean("src/kv/cache.cpp", "exit(1);  // tidy: allow exit, because forked\n")
        self.assert_clean("src/kv/cache_test.cpp", 'int f() { return printf("x"); }\n')

    def test_header_without_comment(self):
        self.assert_finds("begins with a comment", "src/base/file.h", "#pragma once\n")

    def test_source_that_no_build_knows(self):
        self.assert_finds("no add_layer(prompt)", "src/prompt/text.cpp", "\n")
        self.assert_finds("no add_layer_tests(api)", "src/api/api_test.cpp", "\n")
        self.assert_finds("CMake does not name it", "src/config.cpp", "\n")

    def test_source_without_test_is_only_noted(self):
        tidy = self.tidy({"src/kv/tree.cpp": "\n"})
        self.assertEqual(tidy.findings, [])
        self.assertIn("src/kv/tree.cpp has no tree_test.cpp beside it", tidy.notes)

    def test_documents(self):
        self.assert_finds("2 titles", "README.md", "# One\n# Two\n")
        self.assert_finds("0 titles", "docs/guide.md", "text\n")
        self.assert_finds("links to gone.md", "README.md", "# One\n[x](gone.md#part)\n")
        self.assert_finds("#two: no such heading", "README.md", "# One\n[x](#two)\n")
        self.assert_finds("README.md#no: no such", "docs/a.md", "# One\n[x](../README.md#no)\n")
        self.assert_clean("docs/a.md", "# The `one` [and](a.md) only: x\n[](#the-one-and-only-x)\n")


if __name__ == "__main__":
    unittest.main()
