"""OpenAI's official SDK for Python against a server: openai_python.py GROUP, one of the functions'
names.

OPENAI_BASE_URL and OPENAI_API_KEY say where. Prints a line for each thing that holds; the first
that does not ends the run with a traceback.
"""
import json
import os
import sys

import openai

from checks import holds, raises

CLIENT = openai.OpenAI(max_retries=0, timeout=120)
MODEL = "gpt-5.5"  # any name is answered by the loaded model
WEATHER = {"type": "function", "function": {
    "name": "weather", "description": "The weather of a town.", "strict": True,
    "parameters": {"type": "object", "required": ["town"], "additionalProperties": False,
                   "properties": {"town": {"type": "string", "maxLength": 20}}}}}
CLOCK = {"type": "function", "function": {
    "name": "clock", "description": "The time in a zone.",
    "parameters": {"type": "object", "required": ["zone"], "additionalProperties": False,
                   "properties": {"zone": {"enum": ["utc", "local"]}}}}}
SCHEMA = {"type": "object", "required": ["mood"], "additionalProperties": False,
          "properties": {"mood": {"enum": ["glad", "sad"]}}}


def ask(text="Say hello.", client=CLIENT, **more):
    arguments = {"model": MODEL, "max_tokens": 16, **more}
    arguments.setdefault("messages", [{"role": "user", "content": text}])
    return client.chat.completions.create(**arguments)


def answers():
    completion = ask(messages=[{"role": "developer", "content": "Be brief."},
                               {"role": "user", "content": "Say hello."}])
    choice = completion.choices[0]
    holds(completion.object == "chat.completion" and completion.model == MODEL, "a completion")
    holds(choice.message.role == "assistant" and choice.message.content, "its message")
    holds(choice.finish_reason in ("stop", "length"), "its finish reason")
    holds(completion._request_id, "the request id that errors are reported with")
    usage = completion.usage
    holds(usage.total_tokens == usage.prompt_tokens + usage.completion_tokens, "its usage")

    chunks = list(ask(stream=True, stream_options={"include_usage": True}))
    holds(chunks[0].choices[0].delta.role == "assistant", "the first chunk's role")
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    holds(text, "the deltas' text")
    ends = [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices]
    holds(ends[-1] in ("stop", "length") and not any(ends[:-1]), "one finish reason, at the end")
    holds(chunks[-1].usage.completion_tokens > 0 and not chunks[-1].choices, "the usage chunk")
    holds(not any(chunk.usage for chunk in chunks[:-1]), "usage in no other chunk")
    holds(all(chunk.usage is None for chunk in ask(stream=True)), "no usage that nobody asked for")

    # The helper refuses an answer that is cut off: this form ends by itself, whatever the model.
    form = {"type": "json_schema", "json_schema": {"name": "mood", "strict": True,
                                                   "schema": SCHEMA}}
    with CLIENT.chat.completions.stream(model=MODEL, max_tokens=64, response_format=form, messages=[
            {"role": "user", "content": "How are you?"}]) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_completion()
    holds("content.delta" in kinds and "content.done" in kinds, "the helper's events")
    holds(final.choices[0].message.content, "the helper's completion")

    stopped = ask("Count from one to ten.", max_tokens=24, stop=["a", "e", "i", "o"])
    holds(stopped.choices[0].finish_reason == "stop" and
          not set(stopped.choices[0].message.content) & set("aeio"), "stop sequences")
    cut = ask("Tell a long story.", max_completion_tokens=3)
    holds(cut.choices[0].finish_reason == "length" and cut.usage.completion_tokens == 3,
          "max_completion_tokens")
    for effort in ("none", "low", "high"):
        holds(ask(reasoning_effort=effort).usage.completion_tokens > 0, f"effort {effort}")
    alone = [{"role": "system", "content": "Say hello."}]
    holds(ask(messages=alone).choices, "a system text alone")
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    holds(ask(messages=[{"role": "user", "content": [{"type": "text", "text": "What is it?"},
                                                     image]}]).choices, "an image")


def tools():
    both = {"tools": [WEATHER, CLOCK], "max_tokens": 64}
    choice = ask("Is it warm in Rome?", tool_choice="required", **both).choices[0]
    holds(choice.finish_reason == "tool_calls" and choice.message.tool_calls, "required calls")
    for call in choice.message.tool_calls:
        wanted = "town" if call.function.name == "weather" else "zone"
        holds(list(json.loads(call.function.arguments)) == [wanted],
              f"arguments of {call.function.name}")
    named = {"type": "function", "function": {"name": "clock"}}
    message = ask(tool_choice=named, **both).choices[0].message
    holds(message.tool_calls[0].function.name == "clock", "a named function is called")
    message = ask("Rome and Oslo?", tool_choice="required", parallel_tool_calls=False,
                  **both).choices[0].message
    holds(len(message.tool_calls) == 1, "parallel_tool_calls false calls once")
    message = ask(tool_choice="none", **both).choices[0].message
    holds(not message.tool_calls and message.content, "none calls nothing")

    chunks = [chunk.choices[0] for chunk in ask(
        "Rome?", stream=True, tool_choice="required", tools=[WEATHER], max_tokens=64)]
    deltas = [call for choice in chunks for call in choice.delta.tool_calls or []]
    holds(deltas[0].id and deltas[0].function.name == "weather", "a call's first delta")
    holds(all(delta.index == 0 for delta in deltas), "the index of its deltas")
    holds(list(json.loads("".join(d.function.arguments or "" for d in deltas))) == ["town"],
          "its arguments, together")
    holds(chunks[-1].finish_reason == "tool_calls", "the finish reason of a streamed call")
    with CLIENT.chat.completions.stream(
            model=MODEL, max_tokens=64, tools=[WEATHER], tool_choice="required",
            messages=[{"role": "user", "content": "Rome?"}]) as stream:
        done = [event for event in stream if event.type == "tool_calls.function.arguments.done"]
    holds(done[0].parsed_arguments.keys() == {"town"}, "the helper's parsed arguments")


def loop():
    """Two turns of an agent: what the first has computed, the second does not compute again."""
    turns = [{"role": "system", "content": "You answer questions about the weather. " * 20},
             {"role": "user", "content": "How is the weather in Rome?"}]
    asked = {"tools": [WEATHER, CLOCK], "max_tokens": 64}
    first = ask(messages=turns, tool_choice="required", **asked)
    message = first.choices[0].message
    turns.append(message.model_dump(exclude_none=True))
    for call in message.tool_calls:
        turns.append({"role": "tool", "tool_call_id": call.id, "content": "Sunny, 25 degrees."})
    second = ask(messages=turns, tool_choice="none", **asked)
    holds(second.choices[0].message.content, "an answer after the result")
    cached = second.usage.prompt_tokens_details.cached_tokens
    holds(cached > first.usage.prompt_tokens, "the second turn reads all of the first prompt")
    holds(second.usage.prompt_tokens - cached < 40, "and the call, and computes its result alone")
    turns.append({"role": "assistant", "content": second.choices[0].message.content})
    turns.append({"role": "user", "content": "Thank you."})
    chunks = list(ask(messages=turns, stream=True, stream_options={"include_usage": True}, **asked))
    usage = chunks[-1].usage
    known = second.usage.prompt_tokens + second.usage.completion_tokens
    holds(usage.prompt_tokens_details.cached_tokens >= known - 1, "the third reads both, streamed")


def formats():
    schema = {"type": "json_schema",
              "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA}}
    message = ask("How are you?", max_tokens=40, response_format=schema).choices[0].message
    holds(json.loads(message.content)["mood"] in ("glad", "sad"), "json_schema")
    chunks = ask("How are you?", max_tokens=40, response_format=schema, stream=True)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    holds(json.loads(text)["mood"] in ("glad", "sad"), "json_schema, streamed")
    plain = ask("Give me JSON.", max_tokens=400, temperature=0,
                response_format={"type": "json_object"}).choices[0]
    holds(plain.message.content.lstrip().startswith("{"), "json_object")
    if plain.finish_reason == "stop":
        holds(isinstance(json.loads(plain.message.content), dict), "json_object, whole")


def models():
    listed = list(CLIENT.models.list())
    holds(listed and listed[0].object == "model" and listed[0].created > 0, "models.list")
    holds(CLIENT.models.retrieve(listed[0].id).id == listed[0].id, "models.retrieve")
    error = raises(openai.NotFoundError, lambda: CLIENT.models.retrieve("no-such-model"),
                   "models.retrieve of an unknown model")
    holds(error.code == "model_not_found", "its code")


def errors():
    stranger = openai.OpenAI(api_key="wrong", max_retries=0)
    error = raises(openai.AuthenticationError, lambda: ask(client=stranger), "a wrong key")
    holds(error.code == "invalid_api_key", "its code")
    error = raises(openai.BadRequestError, lambda: ask(messages=[{"role": "robot"}]),
                   "an unknown role")
    holds(error.param == "messages.0.role" and error.type == "invalid_request_error",
          "its param and type")
    holds(error.request_id, "its request id")
    raises(openai.BadRequestError, lambda: ask(n=2), "two answers")
    raises(openai.BadRequestError, lambda: ask(logprobs=True), "log probabilities")
    raises(openai.NotFoundError, lambda: CLIENT.embeddings.create(model=MODEL, input="x"),
           "an API that is not here")
    error = raises(openai.APIStatusError, lambda: ask("x" * (65 << 20)), "65 MiB")
    holds(error.status_code == 413, "its status")


def too_long():
    error = raises(openai.BadRequestError, lambda: ask("long " * 3000), "a prompt too long")
    holds(error.code == "context_length_exceeded", "its code")
    raises(openai.BadRequestError, lambda: ask("long " * 3000, stream=True),
           "a prompt too long, streamed")


if __name__ == "__main__":
    groups = {function.__name__: function for function in
              (answers, tools, loop, formats, models, errors, too_long)}
    print("openai", openai.__version__, "at", os.environ["OPENAI_BASE_URL"])
    groups[sys.argv[1]]()
