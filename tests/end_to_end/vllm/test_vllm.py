"""The real vLLM answers the real Claude Code, through each form of API that it has, and calls
tools. Its cache knows whole blocks of 128 tokens."""
from harness import expect, expect_equal, prompt_tokens
from harness.conversation import assistant, body, text, user
from harness.model_server import vllm
from harness.turns import two_turns

BLOCK_TOKENS = 128
CLOCK = {"name": "clock", "description": "The time in a zone. " * 40,
         "input_schema": {"type": "object", "required": ["zone"],
                          "properties": {"zone": {"enum": ["utc", "local"]}}}}


def started(h):
    # Else a call's arguments may be anything: without `strict` of a tool's own its schema is
    # nothing that vLLM holds them to.
    return vllm(h, h.setup.template("Qwen-Qwen2.5-7B-Instruct"), "--tool-strict-level",
                "parameter")


def calls_a_tool(h, upstream, mode, path):
    """So small a model calls none by itself: the request demands it, and vLLM holds the answer to
    it. Its result goes back, and what was computed of the conversation is known."""
    server = h.own_server(**{"mode": mode, f"{mode}_url": upstream.origin + path})
    tools = {"tools": [CLOCK], "max_tokens": 60, "temperature": 0}
    question = user([text("What time is it?")])
    answer = server.answer(body(question, tool_choice={"type": "tool", "name": "clock"}, **tools))
    calls = [block for block in answer["content"] if block["type"] == "tool_use"]
    expect_equal([call["name"] for call in calls], ["clock"], f"the calls of {answer}")
    expect(calls[0]["input"].get("zone") in ("utc", "local"), f"its input: {calls[0]}")
    expect_equal(answer["stop_reason"], "tool_use", "why it stopped")

    result = {"type": "tool_result", "tool_use_id": calls[0]["id"], "content": "Noon."}
    second = server.answer(body(question, assistant(answer["content"]), user([result]), **tools))
    usage = second["usage"]
    expect(prompt_tokens(usage) > prompt_tokens(answer["usage"]), f"no longer: {usage}")
    read = usage["cache_read_input_tokens"] or 0
    expect(read > prompt_tokens(answer["usage"]) - BLOCK_TOKENS,
           f"the turn after the call read {read} of {prompt_tokens(usage)} tokens")
    h.note(f"after the call {read} of {prompt_tokens(usage)} tokens cached")
    server.stop()


def test_answers_claude_code(h):
    upstream = started(h)
    two_turns(h, upstream, "vllm", "/v1", spare_tokens=100 + BLOCK_TOKENS)
    calls_a_tool(h, upstream, "vllm", "/v1")


def test_answers_claude_code_through_messages(h):
    upstream = started(h)
    two_turns(h, upstream, "anthropic", "", spare_tokens=100 + BLOCK_TOKENS)
    calls_a_tool(h, upstream, "anthropic", "")
