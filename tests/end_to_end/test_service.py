"""The server as a service of systemd. No systemd runs where tests do: a program in the place of
systemctl writes down what it is asked, and remembers whether the service is active."""
import os
import shlex
import shutil
import subprocess

from harness import Home, expect, expect_equal, wait_until

SYSTEMCTL = """#!/bin/sh
echo "$@" >> "{log}"
case "$*" in
  *" show-environment") [ -e "{log}.session" ] && echo "LANG=C" && echo "HOME={home}" ;;
  *" show --property="*)
    if [ -e "{log}.active" ]; then echo ActiveState=active; echo MainPID=4711
    else echo ActiveState=inactive; echo MainPID=0; fi ;;
  *" enable --now "*) touch "{log}.active" ;;
  *" disable --now "*) rm "{log}.active" ;;
esac
"""
UNIT = "anyclaude.service"
LOOK = "--user --quiet show-environment"
SHOW = f"--user --quiet show --property=ActiveState,MainPID {UNIT}"
RELOAD = "--user --quiet daemon-reload"
ENABLE = f"--user --quiet enable --now {UNIT}"


class Machine:
    """A user's home, and a systemd that has a session of this user."""

    def __init__(self, h, has_session=True):
        self.h = h
        self.home = Home(h.scratch)
        self.unit = self.home.path / ".config/systemd/user" / UNIT
        programs = self.home.path / "programs"
        programs.mkdir()
        self._log = self.home.path / "asked"
        self._log.touch()
        if has_session:
            (self.home.path / "asked.session").touch()
        fake = programs / "systemctl"
        fake.write_text(SYSTEMCTL.format(log=self._log, home=self.home.path))
        fake.chmod(0o755)
        self._path = f"{programs}:{os.environ['PATH']}"

    def run(self, *arguments, **environment):
        return self.h.run("service", *arguments, home=self.home, PATH=self._path, **environment)

    def asked(self):
        """What systemctl was asked since the last time."""
        lines = self._log.read_text().splitlines()
        self._log.write_text("")
        return lines


def command_of(unit):
    """The words of ExecStart, as systemd reads them."""
    line = next(line for line in unit.splitlines() if line.startswith("ExecStart="))
    words = shlex.split(line.removeprefix("ExecStart="))
    return [word.replace("%%", "%").replace("$$", "$") for word in words]


def test_install_and_remove(h):
    machine = Machine(h)
    settings = ("--model", h.model, "--port", h.free_port(), "--no-warm")
    done = machine.run("install", *settings)
    expect_equal((done.returncode, done.stderr), (0, ""), "install")
    expect(str(machine.unit) in done.stdout and "journalctl" in done.stdout, done.stdout)
    expect_equal(machine.asked(), [LOOK, RELOAD, ENABLE], "what systemctl is asked")
    unit = machine.unit.read_text()
    expect_equal(command_of(unit)[:2], [str(h.program), "serve"], "what it runs")
    expect("Restart=on-failure\n" in unit, unit)
    expect_equal(machine.unit.stat().st_mode & 0o077, 0, "rights of others")

    again = machine.run("install", *settings)
    expect_equal(again.returncode, 0, again.stderr)
    expect("installed already" in again.stdout, again.stdout)
    expect_equal(machine.asked(), [LOOK, RELOAD, ENABLE], "asked of what is installed already")

    changed = machine.run("install", *settings, "--threads", 1)
    expect_equal(machine.asked(), [LOOK, RELOAD, ENABLE, f"--user --quiet restart {UNIT}"],
                 f"asked of what changes\n{changed.stderr}")
    expect("--threads=1" in command_of(machine.unit.read_text()), "the new setting")

    status = machine.run("status")
    expect_equal(status.returncode, 0, status.stderr)
    expect("active (pid 4711)" in status.stdout and str(machine.unit) in status.stdout,
           status.stdout)
    expect_equal(machine.asked(), [LOOK, SHOW], "asked for the status")

    removed = machine.run("remove")
    expect_equal((removed.returncode, removed.stderr), (0, ""), "remove")
    expect(not machine.unit.exists(), "the file stays")
    expect_equal(machine.asked(), [LOOK, f"--user --quiet disable --now {UNIT}", RELOAD,
                                   f"--user --quiet reset-failed {UNIT}"], "asked at the end")
    twice = machine.run("remove")
    expect_equal((twice.returncode, twice.stdout), (0, "no service is installed\n"), "again")
    expect_equal(machine.asked(), [LOOK], "asked for nothing")
    expect_equal(machine.run("status").returncode, 3, "status of none")


def test_without_a_session_nothing_is_written(h):
    machine = Machine(h, has_session=False)
    for action in ("install", "remove", "status"):
        done = machine.run(action, "--model", h.model)
        expect_equal(done.returncode, 1, f"exit code of {action}")
        expect("enable-linger" in done.stderr, done.stderr)
    expect(not (machine.home.path / ".config").exists(), "something was written")


def test_keys_stay_out_of_the_file(h):
    machine = Machine(h)
    done = machine.run("install", "--model", h.model, "--api-key", "hidden-key")
    expect_equal(done.returncode, 1, "exit code with a key as a flag")
    expect("config.toml" in done.stderr and "hidden" not in done.stderr, done.stderr)
    expect(not machine.unit.exists(), "the file is there")
    done = machine.run("install", "--model", h.model, ANYCLAUDE_API_KEY="hidden-key")
    expect_equal(done.returncode, 0, done.stderr)
    expect("ANYCLAUDE_API_KEY" in done.stderr, "it does not say what the service will not see")
    expect("hidden" not in machine.unit.read_text() + done.stderr + done.stdout, "the key is told")


def test_files_of_others_stay(h):
    machine = Machine(h)
    machine.unit.parent.mkdir(parents=True)
    machine.unit.write_text("[Service]\nExecStart=/bin/true\n")
    for action in ("install", "remove"):
        done = machine.run(action, "--model", h.model)
        expect_equal(done.returncode, 1, f"exit code of {action}")
        expect("move it away" in done.stderr, done.stderr)
    expect_equal(machine.unit.read_text(), "[Service]\nExecStart=/bin/true\n", "the file")


def test_another_server_on_the_port_is_named(h):
    machine = Machine(h)
    server = h.own_server(home=machine.home)
    done = machine.run("install", "--model", h.model, "--port", server.port)
    expect_equal(done.returncode, 1, "exit code")
    expect(f"port {server.port}" in done.stderr and "anyclaude stop" in done.stderr, done.stderr)
    expect(not machine.unit.exists(), "the file is there")


def test_the_printed_file_starts_a_server(h):
    machine = Machine(h)
    folder = machine.home.path / "50% of $HOME, \"so\" 'to' say\\"
    folder.mkdir()
    port = h.free_port()
    done = h.run("service", "install", "--print", "--model", "none", "--port", port,
                 "--cache-folder", "kv", home=machine.home, cwd=folder)
    expect_equal((done.returncode, done.stderr), (0, ""), "--print")
    expect_equal(machine.asked(), [], "asked of systemctl")
    command = command_of(done.stdout)
    expect(f"--cache-folder={folder}/kv" in command, f"the folder is not where it was: {command}")
    if shutil.which("systemd-analyze"):
        file = machine.home.path / UNIT
        file.write_text(done.stdout)
        said = subprocess.run(["systemd-analyze", "--user", "verify", "--man=no", file], text=True,
                              env=machine.home.environment(), capture_output=True, timeout=60)
        expect_equal((said.returncode, said.stdout + said.stderr), (0, ""), "systemd-analyze")
    with open(machine.home.path / "log", "w+") as log:
        process = subprocess.Popen(command, env=machine.home.environment(), cwd="/", stdout=log,
                                   stderr=log, stdin=subprocess.DEVNULL)
        h.processes.append(process)
        wait_until(lambda: h.run("status", "--port", port, home=machine.home).returncode == 0,
                   "it serves")
        process.terminate()
        expect_equal(process.wait(20), 0, "its exit code, which must not have it started again")
