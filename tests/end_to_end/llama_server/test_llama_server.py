"""The real llama-server answers the real Claude Code, through each form of API that it has."""
import json

from harness import computed_tokens, expect, expect_equal, prompt_tokens
from harness.model_server import llama_server
from harness.project import Project, result_of

# Its Messages API knows no form of answers, so what keeps so small a model short is where it stops.
SHORT = {"CLAUDE_CODE_EXTRA_BODY": json.dumps({"temperature": 0, "stop_sequences": ["\n", "."]}),
         "timeout_s": 600}


def two_turns(h, mode, path):
    upstream = llama_server(h, "-c", "8192", "-np", "1", "-fa", "on", "--chat-template-file",
                            h.setup.template("Qwen-Qwen2.5-7B-Instruct"))
    server = h.own_server(**{"mode": mode, f"{mode}_url": upstream.origin + path})
    project = Project(h, server)
    arguments = ("--tools", "Bash,Edit,Read,Write", "--output-format", "json")
    result_of(project.claude("-p", "Say hello in five words.", *arguments, **SHORT))
    first = project.proxy.messages()[-1].usage()
    expect(prompt_tokens(first) > 1000, f"a prompt of {prompt_tokens(first)} tokens")

    result_of(project.claude("-p", "--continue", "And now in two words.", *arguments, **SHORT))
    said = project.proxy.messages()[-1]
    second = said.usage()
    expect_equal(said.status, 200, f"status ({said.reply[:300]!r})")
    expect(prompt_tokens(second) > prompt_tokens(first), f"the second turn is no longer: {second}")
    computed = computed_tokens(second)
    expect(computed <= first["output_tokens"] + 100,
           f"the second turn computed {computed} tokens of {prompt_tokens(second)}")
    h.note(f"cold {computed_tokens(first)} of {prompt_tokens(first)} tokens, then {computed} of "
           f"{prompt_tokens(second)}")
    project.proxy.close()
    upstream.stop()


def test_through_chat_completions(h):
    two_turns(h, "openai", "/v1")


def test_through_messages(h):
    two_turns(h, "anthropic", "")
