"""A shell in a pseudo terminal, and the lines that stand in it."""
import fcntl
import os
import re
import select
import struct
import subprocess
import termios

# What programs say to a terminal beside text: colours, cursor, title.
CONTROL = re.compile(r"\x1b\[[0-9;?>=]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[=>78]")
PROMPT = "$ "


class Terminal:
    """Bash, without anything of the user's. Nothing is read of it but by `read`."""

    def __init__(self, environment, folder, columns, rows):
        self.rows = rows
        self._text = ""
        self._columns = columns
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        environment = {**environment, "PS1": PROMPT, "TERM": "dumb", "NO_COLOR": "1"}
        self._shell = subprocess.Popen(
            ["bash", "--noprofile", "--norc", "--noediting", "-i"], cwd=folder, env=environment,
            stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)

    def type(self, keys):
        os.write(self._master, keys.encode())

    def read(self):
        """Takes in what was said meanwhile."""
        while select.select([self._master], [], [], 0)[0]:
            try:
                self._text += os.read(self._master, 65536).decode(errors="replace")
            except OSError:  # the shell has ended
                return

    def lines(self):
        """The last ones, as many as fit."""
        lines = []
        for line in CONTROL.sub("", self._text).replace("\r\n", "\n").split("\n"):
            shown = line.rsplit("\r", 1)[-1]  # a line that was drawn again and again
            lines += [shown[at:at + self._columns]
                      for at in range(0, max(1, len(shown)), self._columns)]
        return lines[-self.rows:]

    def waits(self):
        """Whether the last command has ended and nothing is typed yet."""
        return self.lines()[-1] == PROMPT

    def close(self):
        self._shell.kill()
        self._shell.wait()
        os.close(self._master)
