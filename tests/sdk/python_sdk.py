"""The official SDK for Python against a server: python_sdk.py GROUP, one of the functions' names.

ANTHROPIC_BASE_URL and ANTHROPIC_API_KEY say where. Prints a line for each thing that holds; the
first that does not ends the run with a traceback.
"""
import json
import os
import sys

import anthropic

from checks import holds, raises

CLIENT = anthropic.Anthropic(max_retries=0, timeout=120)
MODEL = "claude-sonnet-5"  # any name is answered by the loaded model
WEATHER = {"name": "weather", "description": "The weather of a town.",
           "input_schema": {"type": "object", "required": ["town"], "additionalProperties": False,
                            "properties": {"town": {"type": "string", "maxLength": 20}}}}
CLOCK = {"name": "clock", "description": "The time in a zone.",
         "input_schema": {"type": "object", "required": ["zone"], "additionalProperties": False,
                          "properties": {"zone": {"enum": ["utc", "local"]}}}}


def ask(text="Say hello.", client=CLIENT, **more):
    arguments = {"model": MODEL, "max_tokens": 16, **more}
    arguments.setdefault("messages", [{"role": "user", "content": text}])
    return client.messages.create(**arguments)


def total(usage):
    return (usage.input_tokens + (usage.cache_read_input_tokens or 0)
            + (usage.cache_creation_input_tokens or 0))


def answers():
    message = ask(system=[{"type": "text", "text": "Be brief.",
                           "cache_control": {"type": "ephemeral"}}])
    holds(message.type == "message" and message.role == "assistant", "a whole message")
    holds(message.id.startswith("msg_"), "its id")
    holds(message.stop_reason in ("end_turn", "max_tokens"), "its stop reason")
    holds(message._request_id, "the request id that errors are reported with")
    counted = CLIENT.messages.count_tokens(
        model=MODEL, messages=[{"role": "user", "content": "Say hello."}], system="Be brief.")
    holds(counted.input_tokens == total(message.usage), "count_tokens equals the usage")

    with CLIENT.messages.stream(model=MODEL, max_tokens=16, messages=[
            {"role": "user", "content": "Say hello."}]) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_message()
        text = stream.get_final_text()
    holds(kinds[0] == "message_start" and kinds[-1] == "message_stop", "the helper's events")
    holds("text" in kinds, "the helper's text events")
    holds(final.content[0].text == text and final.usage.output_tokens > 0, "the final message")

    with CLIENT.messages.stream(model=MODEL, max_tokens=16, messages=[
            {"role": "user", "content": "Say hello."}]) as stream:
        holds("".join(stream.text_stream), "the text stream")
    stopped = ask("Count from one to ten.", max_tokens=24, stop_sequences=["a", "e", "i", "o"])
    holds(stopped.stop_reason == "stop_sequence" and stopped.stop_sequence in "aeio",
          "stop sequences")
    for thinking in ({"type": "enabled", "budget_tokens": 1024}, {"type": "adaptive"},
                     {"type": "disabled"}):
        message = ask(thinking=thinking)
        holds(message.usage.output_tokens > 0, f"thinking {thinking['type']}")


def tools():
    both = {"tools": [WEATHER, CLOCK], "max_tokens": 64}
    message = ask("Is it warm in Rome?", tool_choice={"type": "any"}, **both)
    calls = [block for block in message.content if block.type == "tool_use"]
    holds(message.stop_reason == "tool_use" and calls, "tool_choice any calls")
    for call in calls:
        wanted = "town" if call.name == "weather" else "zone"
        holds(list(call.input) == [wanted], f"input of {call.name}")
    message = ask(tool_choice={"type": "tool", "name": "clock"}, **both)
    holds([block.name for block in message.content if block.type == "tool_use"][:1] == ["clock"],
          "tool_choice tool calls that one")
    alone = {"type": "any", "disable_parallel_tool_use": True}
    message = ask("Is it warm in Rome and in Oslo?", tool_choice=alone, **both)
    holds(len(message.content) == 1, "disable_parallel_tool_use calls once")
    message = ask(tool_choice={"type": "none"}, **both)
    holds(all(block.type == "text" for block in message.content), "tool_choice none calls nothing")
    message = ask(tool_choice={"type": "auto"}, **both)
    holds(message.stop_reason in ("end_turn", "max_tokens", "tool_use"), "tool_choice auto")

    with CLIENT.messages.stream(model=MODEL, max_tokens=64, tools=[WEATHER], tool_choice=alone,
                                messages=[{"role": "user", "content": "Rome?"}]) as stream:
        pieces = [event.partial_json for event in stream if event.type == "input_json"]
        call = stream.get_final_message().content[0]
    holds(json.loads("".join(pieces)) == call.input, "the helper's input_json events")
    turns = [{"role": "user", "content": "Rome?"},
             {"role": "assistant", "content": [call.model_dump(include={
                 "type", "id", "name", "input"})]},
             {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id,
                                           "content": "Sunny."}]}]
    message = ask(messages=turns, **both)
    counted = CLIENT.messages.count_tokens(model=MODEL, messages=turns, tools=[WEATHER, CLOCK])
    holds(counted.input_tokens == total(message.usage), "count_tokens after a tool result")

    schema = {"type": "object", "required": ["mood"], "additionalProperties": False,
              "properties": {"mood": {"enum": ["glad", "sad"]}}}
    message = ask("How are you?", max_tokens=40, extra_body={
        "output_config": {"format": {"type": "json_schema", "schema": schema}}})
    holds(json.loads(message.content[0].text)["mood"] in ("glad", "sad"), "output_config")


def models():
    listed = list(CLIENT.models.list(limit=1000))
    holds(listed and listed[0].type == "model", "models.list")
    holds(CLIENT.models.retrieve(listed[0].id).id == listed[0].id, "models.retrieve")
    raises(anthropic.NotFoundError, lambda: CLIENT.models.retrieve("no-such-model"),
           "models.retrieve of an unknown model")


def errors():
    stranger = anthropic.Anthropic(api_key="wrong", max_retries=0)
    error = raises(anthropic.AuthenticationError, lambda: ask(client=stranger), "a wrong key")
    holds(error.type == "authentication_error", "its type")
    error = raises(anthropic.BadRequestError, lambda: ask(extra_body={"messages": 5}),
                   "messages of the wrong type")
    holds(error.type == "invalid_request_error" and error.request_id, "its type and request id")
    raises(anthropic.BadRequestError, lambda: ask(extra_body={"max_tokens": -4}), "max_tokens -4")
    raises(anthropic.NotFoundError, lambda: CLIENT.post("/v1/nowhere", cast_to=object, body={}),
           "an unknown path")
    error = raises(anthropic.ContentTooLargeError, lambda: ask("x" * (65 << 20)), "65 MiB")
    holds(error.type == "request_too_large", "its type")


def too_long():
    text = "long " * 3000
    counted = CLIENT.messages.count_tokens(
        model=MODEL, messages=[{"role": "user", "content": text}]).input_tokens
    error = raises(anthropic.BadRequestError, lambda: ask(text), "a prompt too long")
    holds(error.api_message.startswith(f"prompt is too long: {counted} tokens > "),
          "its message, with the counted tokens")

    def streamed():
        with CLIENT.messages.stream(model=MODEL, max_tokens=4, messages=[
                {"role": "user", "content": text}]) as stream:
            stream.get_final_message()
    raises(anthropic.BadRequestError, streamed, "a prompt too long, streamed")


def overloaded():
    error = raises(anthropic.InternalServerError, ask, "a full queue")
    holds(isinstance(error, anthropic.OverloadedError), "it is an OverloadedError")
    holds(error.type == "overloaded_error", "its type")


if __name__ == "__main__":
    groups = {function.__name__: function for function in
              (answers, tools, models, errors, too_long, overloaded)}
    print("anthropic", anthropic.__version__, "at", os.environ["ANTHROPIC_BASE_URL"])
    groups[sys.argv[1]]()
