"""A system with nothing in it but what a package asks for, made by mmdebstrap from the sources of
this one's apt. The program in it runs through a script that changes its root; folders of the test
are seen there under their own names."""
import atexit
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from harness.expect import Failed

# Shells that complete words, and what shows the manual page: not needed by the package itself.
EXTRA = "bash-completion,fish,man-db,zsh"
ENTER = """#!/bin/sh
# The mounts are this process's alone, and end with it.
exec unshare --mount --propagation private sh -c '
  set -e
  root=$1; shift
  mount --rbind /proc "$root/proc"
  mount --rbind /dev "$root/dev"
  for folder in {folders}; do
    mkdir -p "$root$folder"
    mount --bind "$folder" "$root$folder"
  done
  exec chroot "$root" "$@"' enter '{root}' {program} "$@"
"""


def must(command, timeout_s=600, **options):
    done = subprocess.run(command, text=True, capture_output=True, timeout=timeout_s, **options)
    if done.returncode != 0:
        raise Failed(f"{' '.join(map(str, command))} failed:\n{done.stdout[-3000:]}"
                     f"{done.stderr[-3000:]}")
    return done.stdout


def release():
    """VERSION_CODENAME of this system."""
    lines = Path("/etc/os-release").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)["VERSION_CODENAME"]


class CleanRoot:
    def __init__(self, package, folders):
        """`package` installed; `folders` are shared with it."""
        if os.geteuid() != 0:
            raise Failed("a clean root is made by root: run this with sudo")
        self._work = Path(tempfile.mkdtemp(prefix="anyclaude-root."))
        atexit.register(shutil.rmtree, self._work, ignore_errors=True)
        self.path = self._work / "root"
        self._folders = " ".join(f"'{folder}'" for folder in folders)
        options = self._work / "apt.conf"
        asked = must(["apt-config", "dump"])
        options.write_text("".join(line for line in asked.splitlines(keepends=True)
                                   if line.startswith("Acquire::")))
        sources = [path for path in [Path("/etc/apt/sources.list"),
                                     *Path("/etc/apt/sources.list.d").glob("*")]
                   if path.suffix in (".list", ".sources") and path.exists()]
        must(["mmdebstrap", "--variant=minbase", "--mode=root", "--format=directory",
              f"--aptopt={options}", f"--include={EXTRA}",
              f"--customize-hook=copy-in {package} /root",
              f"--customize-hook=chroot \"$1\" apt-get install --yes --no-install-recommends "
              f"/root/{package.name}",
              release(), self.path, *sources], timeout_s=1800)
        self.program = self.enter("/usr/bin/anyclaude", "anyclaude")

    def enter(self, program, name):
        """A program outside of the root that runs this one in it."""
        script = self._work / name
        script.write_text(ENTER.format(root=self.path, program=program, folders=self._folders))
        script.chmod(0o755)
        return script

    def run(self, *command):
        """What it prints."""
        return must([self.enter("env", "any"), *command], timeout_s=120,
                    env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root",
                         "LANG": "C.UTF-8", "TERM": "dumb"})
