"""Two turns of the real Claude Code through anyclaude and another server of models."""
import json

from harness.conversation import computed_tokens, prompt_tokens
from harness.expect import expect, expect_equal
from harness.project import Project, result_of

# Other servers' Messages API may know no form of answers, so what keeps so small a model short is
# where it stops.
SHORT = {"CLAUDE_CODE_EXTRA_BODY": json.dumps(
    {"temperature": 0, "stop_sequences": ["\n", ".", ",", "!"]}), "timeout_s": 600}


def two_turns(h, upstream, mode, path, spare_tokens):
    """`path` is where the upstream has that API; at most `spare_tokens` are computed on the second
    turn beside those of the first answer. A server's cache may know whole blocks only."""
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
    expect(computed <= first["output_tokens"] + spare_tokens,
           f"the second turn computed {computed} tokens of {prompt_tokens(second)}")
    h.note(f"cold {computed_tokens(first)} of {prompt_tokens(first)} tokens, then {computed} of "
           f"{prompt_tokens(second)}")
    project.proxy.close()
