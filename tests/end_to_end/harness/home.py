"""Folders and environment of a user who has never run the program."""
import os
import tempfile
from pathlib import Path


class Home:
    """Folders of a user who has never run the program."""

    def __init__(self, scratch):
        self.path = Path(tempfile.mkdtemp(prefix="home.", dir=scratch))
        for name in ("config", "cache", "state", "data", "runtime"):
            (self.path / name).mkdir(mode=0o700)

    def environment(self, **more):
        kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
        sanitizers = {n: v for n, v in os.environ.items() if n.endswith("SAN_OPTIONS")}
        folders = {"XDG_CONFIG_HOME": "config", "XDG_CACHE_HOME": "cache",
                   "XDG_STATE_HOME": "state", "XDG_DATA_HOME": "data",
                   "XDG_RUNTIME_DIR": "runtime"}
        return {**kept, **sanitizers, "HOME": str(self.path), "LANG": "C.UTF-8",
                **{name: str(self.path / folder) for name, folder in folders.items()}, **more}


def flags(options):
    """{"context_tokens": 512, "a": True, "b": False} -> ["--context-tokens", "512", "--a"]"""
    result = []
    for name, value in options.items():
        if value is False:
            continue
        result += ["--" + name.replace("_", "-")] + ([] if value is True else [str(value)])
    return result
