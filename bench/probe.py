"""The cache without a model (cache_probe.cpp), and the files that it lies in."""
import json
import os
import subprocess


def probe(anyclaude, *arguments):
    """What cache_probe, built beside the program, says to these."""
    done = subprocess.run([str(anyclaude.parent / "cache_probe"), *map(str, arguments)],
                          check=True, text=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def drop_pages(files):
    """The next reads of the files come from the disk, not from the system's memory."""
    for path in files:
        handle = os.open(path, os.O_RDONLY)
        os.fsync(handle)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(handle)
