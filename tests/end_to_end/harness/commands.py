"""Commands that are not run, looked up: is there such a program, such a verb, such an option?"""
import functools
import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

from harness.expect import Failed, expect
from harness.setup import ROOT

# vLLM needs 7 GB; that these are its options is proved by the suite vllm, which has it.
VLLM_OPTIONS = {"--host", "--port", "--max-model-len", "--enable-prefix-caching",
                "--enable-prompt-tokens-details", "--enable-auto-tool-choice",
                "--tool-call-parser", "--kv-cache-dtype", "--reasoning-parser", "--api-key"}
# LM Studio is closed and not to be had here: lmstudio.ai/docs/cli, as read in November 2026.
LMS = {"ls": {"--json"}, "ps": {"--json"}, "server start": {"--port", "--cors"},
       "load": {"--context-length", "--gpu", "--ttl", "--identifier", "--estimate-only"}}
SYSTEM = {"systemctl", "journalctl", "loginctl"}
VARIABLES_OF_CLAUDE = re.compile(r"(ANTHROPIC|CLAUDE|API|ENABLE)_")


class Lookup:
    """Finds what is wrong with a block of commands; needs the real programs where they are."""

    def __init__(self, h):
        self.h = h
        self._mlx_programs = Path(h.setup.mlx_lm()["python"]).parent

    def check(self, block):
        syntax = subprocess.run(["bash", "-n"], input=block.text, text=True, capture_output=True)
        expect(syntax.returncode == 0, f"{block}: {syntax.stderr}")
        for line in block.text.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            try:
                if words:
                    self.check_command(words)
            except Failed as failure:
                raise Failed(f"{block}: {line}\n{failure}") from failure

    def check_command(self, words):
        while words and (words[0] == "export" or re.match(r"[A-Z_]+=", words[0])):
            if words[0] != "export":
                self._check_variable(words[0].partition("=")[0])
            words = words[1:]
        if not words:
            return
        program, arguments = Path(words[0]).name, words[1:]
        if words[0].startswith("scripts/"):
            return self._check_script(words[0], arguments)
        if program.startswith("python") and arguments[:2] == ["-m", "pip"]:
            program, arguments = "pip", arguments[2:]
        check = getattr(self, "_check_" + re.sub(r"\W", "_", program), None)
        if check is None and program in SYSTEM:
            return self._check_system(program, arguments)
        expect(check, f"nobody knows how to look {program} up: teach harness/commands.py")
        return check(arguments)

    def _check_variable(self, name):
        if VARIABLES_OF_CLAUDE.match(name):
            expect(name.encode() in self._client_bytes(), f"Claude Code does not know {name}")
        else:
            settings = (ROOT / "docs" / "configuration.md").read_text()
            expect(f"`{name}`" in settings, f"docs/configuration.md has no {name}")

    @functools.cache
    def _client_bytes(self):
        return Path(self.h.setup.claude).resolve().read_bytes()

    def _check_script(self, path, arguments):
        expect((ROOT / path).exists(), f"there is no {path}")
        done = subprocess.run([ROOT / path, "--help"], text=True, capture_output=True, timeout=60)
        expect(done.returncode == 0 or not arguments, f"{path} --help fails: {done.stderr}")
        expect_options(arguments, done.stdout)

    def _check_anyclaude(self, arguments):
        command = next((word for word in arguments if not word.startswith("-")), "run")
        text = "".join(self.h.run(*words, "--help").stdout
                       for words in ((), ("cache",), ("models",), ("bench",)))
        if arguments and not arguments[0].startswith("-"):
            expect(re.search(rf"^  {command}  ", text, re.MULTILINE), f"no command {command}")
        expect_options(arguments, text)

    def _check_mlx_lm_server(self, arguments):
        expect_options(arguments, self._help_of("mlx_lm.server"))

    def _check_hf(self, arguments):
        expect_options(arguments, self._help_of("hf", arguments[0]))

    def _check_gguf_dump(self, arguments):
        expect_options(arguments, self._help_of("gguf-dump"))

    @functools.cache
    def _help_of(self, name, *verb):
        done = subprocess.run([self._mlx_programs / name, *verb, "--help"], text=True,
                              capture_output=True, timeout=120)
        expect(done.returncode == 0, f"{name} --help fails: {done.stderr}")
        return done.stdout

    def _check_python3(self, arguments):
        expect(arguments[:2] == ["-m", "venv"], f"python3 {arguments}")

    def _check_pip(self, arguments):
        """What is installed by name is also installed here, as something that mlx-lm needs."""
        expect(arguments[0] == "install", f"pip {arguments}")
        for package in arguments[1:]:
            code = f"import importlib.metadata as m; m.version({package!r})"
            done = subprocess.run([self._mlx_programs / "python", "-c", code], capture_output=True)
            expect(done.returncode == 0, f"there is no package {package}")

    def _check_npm(self, arguments):
        pinned = json.loads((ROOT / "scripts/setup/claude/package.json").read_text())
        expect(arguments[:2] == ["install", "-g"], f"npm {arguments}")
        for package in arguments[2:]:
            expect(package in pinned["dependencies"], f"{package} is not what is tested here")

    def _check_claude(self, arguments):
        expect(not arguments, "try options of claude in a block that is run")

    def _check_vllm(self, arguments):
        expect(arguments[0] == "serve", f"vllm {arguments}")
        expect_options(arguments, "\n".join(VLLM_OPTIONS))

    def _check_lms(self, arguments):
        verb = " ".join(arguments[:2]) if arguments[0] == "server" else arguments[0]
        expect(verb in LMS, f"lms has no {verb}")
        expect_options(arguments, "\n".join(LMS[verb]))

    def _check_system(self, program, arguments):
        if shutil.which(program) is None:
            return self.h.note(f"{program} is not here, and not looked up")
        done = subprocess.run([program, "--help"], text=True, capture_output=True)
        expect_options(arguments, done.stdout)
        verb = next((word for word in arguments if not word.startswith("-")), "")
        expect(program == "journalctl" or re.search(rf"^\s+{verb}\b", done.stdout, re.MULTILINE),
               f"{program} has no {verb}")
        return None


def expect_options(arguments, text):
    """Each option stands in the help text as a word."""
    for word in arguments:
        if word.startswith("-"):
            option = word.partition("=")[0]
            expect(re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text),
                   f"there is no option {option}")
