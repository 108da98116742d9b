"""mlx_lm.server, whose model is made to say what a file has: the next of its answers (a JSON list
of texts) for each request, token for token, and the last one for all that come then.

Runs with the Python that has mlx-lm, in the place of `-m mlx_lm server` and with its arguments;
FORCED_ANSWERS names the file. Nothing else of the server is touched: a logits processor is what
mlx-lm has itself for a request's logit_bias, so the forced tokens go through sampler, cache,
detokenizer and stream as its own would. Requests for one token, which look at the server, are left
alone.
"""
import json
import os
import sys
from pathlib import Path

import mlx.core as mx
from mlx_lm import server
from transformers import AutoTokenizer


class Forced:
    """Called for each token with all tokens so far; lets only the wanted one through."""

    def __init__(self, wanted):
        self.wanted = wanted
        self.prompt_tokens = None

    def __call__(self, tokens, logits):
        if self.prompt_tokens is None:
            self.prompt_tokens = len(tokens)
        at = min(len(tokens) - self.prompt_tokens, len(self.wanted) - 1)
        return mx.where(mx.arange(logits.shape[-1]) == self.wanted[at], 0.0, -1e9)[None]


def main():
    tokeniser = AutoTokenizer.from_pretrained(sys.argv[sys.argv.index("--model") + 1])
    answers = Path(os.environ["FORCED_ANSWERS"])
    own = server._make_logits_processors
    said = 0

    def forced(arguments):
        nonlocal said
        texts = json.loads(answers.read_text())
        if arguments.max_tokens == 1 or not texts:
            return own(arguments)
        said += 1
        wanted = tokeniser.encode(texts[min(said, len(texts)) - 1], add_special_tokens=False)
        return [Forced([*wanted, tokeniser.eos_token_id])]

    server._make_logits_processors = forced
    server.main()


if __name__ == "__main__":
    main()
