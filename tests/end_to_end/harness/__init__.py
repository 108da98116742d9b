"""The end-to-end harness; see harness.py."""
from harness.conversation import (assistant, body, computed_tokens, prompt_tokens, prose, text,
                                  user)
from harness.expect import Failed, at_once, expect, expect_equal, wait_until
from harness.harness import Harness
from harness.home import Home, flags
from harness.server import KEY, Server, Stream

__all__ = ["Failed", "Harness", "Home", "KEY", "Server", "Stream", "assistant", "at_once", "body",
           "computed_tokens", "expect", "expect_equal", "flags", "prompt_tokens", "prose", "text",
           "user", "wait_until"]
