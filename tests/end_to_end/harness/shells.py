"""Shells that complete words: bash and zsh at a terminal of their own, with the keys that a user
would press; fish through its own command for it."""
import os
import pty
import re
import select
import shutil
import subprocess
import time

from harness.expect import Failed, expect_equal

# In the place of the program: what it would be called with.
SHOW_WORDS = """
anyclaude() { printf '<%s>' "$@"; printf 'shown\\n'; }
"""
ZSHRC = SHOW_WORDS + """
PS1=
fpath=("$ZDOTDIR" $fpath)
autoload -Uz compinit && compinit -u -D
printf 'begun\\n'
"""
BASHRC = SHOW_WORDS + """
PS1=
source "${BASH_SOURCE%/*}/anyclaude.bash"
printf 'begun\\n'
"""


def find_shell(name):
    path = shutil.which(name)
    if not path:
        raise Failed(f"{name} is missing; 'make setup' installs it")
    return path


class ShellAtTerminal:
    """Bash or zsh, ended by close()."""

    def __init__(self, command, environment, folder):
        process, self.terminal = pty.fork()
        if process == 0:
            os.chdir(folder)
            os.execve(command[0], command, environment)
        self.process = process
        self._said = ""
        self._wait_for(r"begun")

    def _wait_for(self, pattern, timeout_s=60):
        deadline = time.monotonic() + timeout_s
        while not (found := re.search(pattern, self._said)):
            if not select.select([self.terminal], [], [], max(0, deadline - time.monotonic()))[0]:
                raise Failed(f"the shell does not say {pattern}, but:\n{self._said[-2000:]}")
            try:
                self._said += os.read(self.terminal, 4096).decode(errors="replace")
            except OSError as ended:  # so Linux tells that nobody holds the other end any more
                raise Failed(f"the shell has ended:\n{self._said[-2000:]}") from ended
        self._said = self._said[found.end():]
        return found

    def complete(self, keys):
        """The words that `anyclaude` is called with when these keys are pressed, then Enter."""
        os.write(self.terminal, f"anyclaude {keys}\n".encode())
        return re.findall(r"<([^>]*)>", self._wait_for(r"((<[^>]*>)+)shown").group(1))

    def close(self):
        os.close(self.terminal)  # hangs up
        os.waitpid(self.process, 0)


class Bash(ShellAtTerminal):
    def __init__(self, script, environment, folder):
        rc = script.parent / "bashrc"
        rc.write_text(BASHRC)
        super().__init__([find_shell("bash"), "--rcfile", str(rc), "-i"],
                         {**environment, "TERM": "dumb", "INPUTRC": "/dev/null"}, folder)


class Zsh(ShellAtTerminal):
    def __init__(self, script, environment, folder):
        shutil.copy(script, script.parent / "_anyclaude")
        (script.parent / ".zshrc").write_text(ZSHRC)
        super().__init__([find_shell("zsh"), "-d", "-i"],
                         {**environment, "TERM": "dumb", "ZDOTDIR": str(script.parent)}, folder)


class Fish:
    def __init__(self, script, environment, folder):
        self._run = lambda code: subprocess.run(
            [find_shell("fish"), "--no-config", "-c", code, str(script)], env=environment,
            cwd=folder, text=True, capture_output=True, timeout=60)

    def complete(self, keys):
        """As a shell at a terminal has it, where each word that ends with a tab is completed."""
        words = []
        for word in keys.split(" "):
            typed = word.removesuffix("\t")
            if typed != word:
                done = self._run(f"source $argv[1]; complete -C '{' '.join(['anyclaude', *words])} "
                                 f"{typed}'")
                expect_equal(done.stderr, "", "what fish complains of")
                found = [line.split("\t")[0] for line in done.stdout.splitlines()]
                typed = found[0] if len(found) == 1 else typed
            words.append(typed)
        return words

    def close(self):
        pass
