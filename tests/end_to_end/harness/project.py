"""The real Claude Code in a user's folder."""
import json
import os

from harness.expect import expect, expect_equal
from harness.recording_proxy import RecordingProxy

WRAPPER = """#!/bin/sh
# Found on PATH in the client's place: sends its requests through the recording proxy.
export ANTHROPIC_BASE_URL=http://127.0.0.1:{port}
exec "{claude}" "$@"
"""
# So small a model may talk until its context is full, and where a limit cuts it short the client
# asks it to go on. Held to this, it says something short and ends.
SHORT = {"CLAUDE_CODE_EXTRA_BODY": json.dumps({"output_config": {"format": {
    "type": "json_schema", "schema": {"enum": ["Hello to you, my dear friend.", "Good day."]}}}})}


class Project:
    """A user's folder, a server, and the real client through launcher and recording proxy. `flags`:
    the launcher's, where they are not those of a server with a model."""

    def __init__(self, h, server=None, flags=None):
        self.h = h
        self.server = server or h.client_server()
        self.home = self.server.home
        self.flags = ("--model", h.model, "--seed", "7") if flags is None else flags
        self.proxy = RecordingProxy(self.server.port)
        h.witness(self.proxy.tell)
        self.folder = self.home.path / "project"
        self.folder.mkdir(exist_ok=True)
        (self.folder / "notes.txt").write_text("The bridge is closed.\n")
        programs = self.home.path / "bin"
        programs.mkdir(exist_ok=True)
        wrapper = programs / "claude"
        wrapper.write_text(WRAPPER.format(port=self.proxy.port, claude=h.setup.claude))
        wrapper.chmod(0o755)
        self.path = f"{programs}:{os.environ['PATH']}"

    def claude(self, *arguments, timeout_s=240, **environment):
        """`anyclaude -- arguments`; the proxy keeps only what this run said."""
        self.proxy.exchanges.clear()
        return self.h.run(
            *self.flags, "--", *arguments, home=self.home, cwd=self.folder, timeout_s=timeout_s,
            PATH=self.path, ANYCLAUDE_PORT=str(self.server.port),
            ANYCLAUDE_API_KEY=self.server.key, IS_SANDBOX="1", **environment)


def result_of(done):
    expect_equal(done.returncode, 0, f"exit code\n{done.stdout}\n{done.stderr}")
    result = json.loads(done.stdout)
    expect_equal(result["is_error"], False, f"is_error: {result}")
    expect(result["result"].strip(), f"no text in the answer: {result}")
    return result
