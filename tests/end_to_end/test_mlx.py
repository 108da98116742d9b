"""The real mlx-lm answers, and the official SDK asks. It reads some 18 tokens a second on a CPU, so
the prompts are small; what the real client does with it is in the suite mlx."""
import json
import os
import subprocess
from pathlib import Path

from harness import expect, expect_equal, prompt_tokens
from harness.model_server import mlx_lm
from harness.recording_proxy import RecordingProxy

SDK = Path(__file__).resolve().parent.parent / "sdk" / "remote_sdk.py"


class Asked:
    """The answers of one group of remote_sdk.py, and what mlx-lm was asked for them."""

    def __init__(self, h, group, *arguments, answers=None):
        self.h = h
        self.mlx = mlx_lm(h, *arguments, answers=answers)
        self.proxy = RecordingProxy(self.mlx.port)
        self.server = h.own_server(mode="mlx-lm",
                                   mlx_lm_url=f"http://127.0.0.1:{self.proxy.port}/v1")
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.server.home.path),
                       "LANG": "C.UTF-8", "ANTHROPIC_API_KEY": self.server.key,
                       "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{self.server.port}"}
        done = subprocess.run([h.setup.sdks()["python"], str(SDK), group], env=environment,
                              text=True, capture_output=True, stdin=subprocess.DEVNULL,
                              timeout=240)
        expect_equal(done.returncode, 0, f"exit code of {group}\n{done.stdout}{done.stderr}")
        told = [json.loads(line) for line in done.stdout.splitlines()]
        self.answers = {answer["what"]: answer for answer in told}
        # The backend asks with max_tokens 1 and without a stream when it looks at the server.
        self.bodies = [exchange.payload for exchange in self.exchanges()]
        self.counted = [usage_of(exchange) for exchange in self.exchanges()]
        expect_equal(len(self.bodies), len(told), "requests that mlx-lm got")

    def exchanges(self):
        return [exchange for exchange in self.proxy.exchanges
                if exchange.payload and exchange.payload.get("stream")]

    def close(self):
        self.proxy.close()


def usage_of(exchange):
    """As mlx-lm tells it at the end of a stream."""
    usage = None
    for line in exchange.reply.decode().splitlines():
        if line.startswith("data: {"):
            usage = json.loads(line[6:]).get("usage") or usage
    expect(usage, f"mlx-lm told no usage: {exchange.reply[-500:]!r}")
    return usage


def check_usage(asked):
    """What the client is told is what mlx-lm has counted."""
    for answer, counted in zip(asked.answers.values(), asked.counted):
        usage, what = answer["usage"], answer["what"]
        cached = (counted.get("prompt_tokens_details") or {}).get("cached_tokens", 0)
        expect_equal(prompt_tokens(usage), counted["prompt_tokens"], f"{what}: prompt tokens")
        expect_equal(usage["cache_read_input_tokens"] or 0, cached, f"{what}: cached tokens")
        expect_equal(usage["output_tokens"], counted["completion_tokens"], f"{what}: output tokens")


def test_answers_whole_streamed_and_goes_on(h):
    asked = Asked(h, "turns")
    check_usage(asked)
    whole, streamed, second = (asked.answers[what] for what in ("whole", "streamed", "second"))
    expect(whole["text"].strip(), f"no text: {whole}")
    expect_equal(streamed["text"], whole["text"], "the streamed answer beside the whole one")
    read = second["usage"]["cache_read_input_tokens"]
    expect(read >= prompt_tokens(whole["usage"]),
           f"the second turn read {read} tokens from the cache; the first had "
           f"{prompt_tokens(whole['usage'])}")
    h.note(f"second turn: {read} of {prompt_tokens(second['usage'])} tokens cached")
    asked.close()


def test_tools_reach_the_prompt_through_its_template(h):
    template = h.setup.template("Qwen-Qwen2.5-7B-Instruct").read_text()
    asked = Asked(h, "with_tools", "--chat-template", template)
    check_usage(asked)
    expect("tools" in asked.bodies[1], "mlx-lm was not told of the tools")
    expect("clock" not in json.dumps(asked.bodies[1]["messages"]), "the tools are told in words")
    grown = prompt_tokens(asked.answers["with"]["usage"]) - prompt_tokens(
        asked.answers["without"]["usage"])
    expect(grown > 50, f"the prompt grew by {grown} tokens: the tools are not in it")
    h.note(f"tools take {grown} tokens")
    asked.close()


def test_tools_are_told_in_words_where_its_template_has_none(h):
    asked = Asked(h, "with_tools")
    check_usage(asked)
    status = h.run("status", home=asked.server.home, ANYCLAUDE_PORT=str(asked.server.port))
    expect("told in words" in status.stdout, f"status says\n{status.stdout}")
    expect("tools" not in asked.bodies[1], "tools were sent to a template without them")
    expect("clock" in json.dumps(asked.bodies[1]["messages"]), "the tools are not told in words")
    grown = prompt_tokens(asked.answers["with"]["usage"]) - prompt_tokens(
        asked.answers["without"]["usage"])
    expect(grown > 50, f"the prompt grew by {grown} tokens: the tools are not in it")
    h.note(f"tools take {grown} tokens")
    asked.close()


def test_a_call_in_words_and_its_result(h):
    """So small a model calls no tool by itself; forced_mlx_lm.py makes it say this call."""
    call = '<tool_call>\n{"name": "clock", "arguments": {"zone": "utc"}}\n</tool_call>'
    answers = h.scratch / "answers.json"
    answers.write_text(json.dumps([call, "It is noon."]))
    asked = Asked(h, "loop", answers=answers)
    check_usage(asked)
    expect_equal(asked.answers["call"]["calls"], [["clock", {"zone": "utc"}]], "the call")
    expect_equal(asked.answers["call"]["stop_reason"], "tool_use", "why it stopped")
    expect_equal(asked.answers["result"]["text"], "It is noon.", "the answer")
    usage = asked.answers["result"]["usage"]
    expect(usage["cache_read_input_tokens"] >= prompt_tokens(asked.answers["call"]["usage"]),
           f"the turn after the call computed its prompt anew: {usage}")
    asked.close()
