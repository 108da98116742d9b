"""The options of vLLM that the guides name are options of the real one."""
import os
import subprocess

from harness import expect, expect_equal
from harness.commands import VLLM_OPTIONS, expect_options


def test_options_in_the_guides(h):
    environment = {**os.environ, "VLLM_TARGET_DEVICE": "cpu", "CUDA_VISIBLE_DEVICES": "",
                   "VLLM_NO_USAGE_STATS": "1"}
    # `vllm serve` takes the same ones.
    done = subprocess.run([h.setup.vllm()["python"], "-m", "vllm.entrypoints.openai.api_server",
                           "--help=all"], env=environment, text=True, capture_output=True,
                          timeout=300)
    expect_equal(done.returncode, 0, f"exit code\n{done.stderr[-1000:]}")
    expect(len(VLLM_OPTIONS) > 5, "no options")
    expect_options(sorted(VLLM_OPTIONS), done.stdout)
