"""The official SDK for Python against a server whose answers another one computes slowly:
remote_sdk.py GROUP, one of the functions' names. Short prompts, greedy, and for each answer a line
of JSON: what it is, its text, its calls and its usage.

ANTHROPIC_BASE_URL and ANTHROPIC_API_KEY say where.
"""
import json
import sys

import anthropic

CLIENT = anthropic.Anthropic(max_retries=0, timeout=170)
CLOCK = {"name": "clock", "description": "The time in a zone.",
         "input_schema": {"type": "object", "required": ["zone"],
                          "properties": {"zone": {"enum": ["utc", "local"]}}}}
QUESTION = {"role": "user", "content": "Say hello."}


def tell(what, message):
    print(json.dumps({
        "what": what, "stop_reason": message.stop_reason, "usage": message.usage.model_dump(),
        "text": "".join(block.text for block in message.content if block.type == "text"),
        "calls": [[block.name, block.input] for block in message.content
                  if block.type == "tool_use"]}), flush=True)
    return message


def request(messages, **more):
    return {"model": "local", "max_tokens": 12, "system": "You are brief.",
            "extra_body": {"temperature": 0}, "messages": messages, **more}


def turns():
    first = tell("whole", CLIENT.messages.create(**request([QUESTION])))
    with CLIENT.messages.stream(**request([QUESTION])) as stream:
        tell("streamed", stream.get_final_message())
    tell("second", CLIENT.messages.create(**request([
        QUESTION, {"role": "assistant", "content": first.content[0].text},
        {"role": "user", "content": "And again?"}])))


def with_tools():
    tell("without", CLIENT.messages.create(**request([QUESTION], max_tokens=1)))
    tell("with", CLIENT.messages.create(**request([QUESTION], max_tokens=1, tools=[CLOCK])))


def loop():
    asked = [{"role": "user", "content": "What time is it?"}]
    called = tell("call", CLIENT.messages.create(**request(asked, max_tokens=60, tools=[CLOCK])))
    calls = [block for block in called.content if block.type == "tool_use"]
    results = [{"type": "tool_result", "tool_use_id": call.id, "content": "Noon."}
               for call in calls]
    tell("result", CLIENT.messages.create(**request([
        *asked, {"role": "assistant", "content": called.model_dump()["content"]},
        {"role": "user", "content": results}], max_tokens=60, tools=[CLOCK])))


if __name__ == "__main__":
    {function.__name__: function for function in (turns, with_tools, loop)}[sys.argv[1]]()
