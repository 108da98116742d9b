"""The real Claude Code through the real mlx-lm. Bare (`--bare`), its prompt has some 900 tokens, of
which mlx-lm reads 18 a second on a CPU."""
import json

from harness import computed_tokens, expect, expect_equal, prompt_tokens
from harness.model_server import mlx_lm
from harness.project import Project, result_of

CONTEXT = 8192
PATIENT = {"timeout_s": 900}  # on a machine that does other things too


def project_at(h, upstream, context=CONTEXT):
    server = h.own_server(mode="mlx-lm", mlx_lm_url=upstream.origin + "/v1",
                          remote_context=context)
    return Project(h, server)


def test_answers_and_goes_on(h):
    upstream = mlx_lm(h)
    project = project_at(h, upstream)
    # So small a model may talk until its context is full.
    short = {"CLAUDE_CODE_EXTRA_BODY": json.dumps(
        {"temperature": 0, "stop_sequences": ["\n", "."]})}
    arguments = ("--bare", "--output-format", "json")
    short.update(PATIENT)
    result_of(project.claude("-p", "What is the capital of France?", *arguments, **short))
    first = project.proxy.messages()[-1].usage()
    expect(prompt_tokens(first) > 500, f"a prompt of {prompt_tokens(first)} tokens")
    result_of(project.claude("-p", "--continue", "And of Italy?", *arguments, **short))
    second = project.proxy.messages()[-1].usage()
    computed = computed_tokens(second)
    expect(computed <= first["output_tokens"] + 60,
           f"the second turn computed {computed} of {prompt_tokens(second)} tokens")
    h.note(f"cold {computed_tokens(first)} of {prompt_tokens(first)}, then {computed} of "
           f"{prompt_tokens(second)}")
    project.proxy.close()


def in_words(name, **arguments):
    return f"<tool_call>\n{json.dumps({'name': name, 'arguments': arguments})}\n</tool_call>"


def test_edits_a_file_with_tools_told_in_words(h):
    """SmolLM2's template has no tools, and a model of its size would not use them: it is made to
    say the calls, token for token (forced_mlx_lm.py). All else is real: the client, what it says
    of its tools, mlx-lm's template, tokens, cache and stream, and what becomes of the calls."""
    answers = h.scratch / "edit.json"
    answers.write_text("[]")
    upstream = mlx_lm(h, answers=answers)
    # In 8,192 tokens the client summarises the conversation after its second call.
    project = project_at(h, upstream, context=32_768)
    path = str(project.folder / "notes.txt")
    answers.write_text(json.dumps([
        in_words("Read", file_path=path),
        in_words("Edit", file_path=path, old_string="closed", new_string="open"),
        "The bridge is open."]))
    done = project.claude("-p", "The bridge is open again: put that into notes.txt.", "--bare",
                          "--output-format", "json", "--permission-mode", "acceptEdits", **PATIENT)
    expect_equal(result_of(done)["result"], "The bridge is open.", "the answer")
    expect_equal((project.folder / "notes.txt").read_text(), "The bridge is open.\n", "the file")
    status = h.run("status", home=project.home, ANYCLAUDE_PORT=str(project.server.port))
    expect("told in words" in status.stdout, f"status says\n{status.stdout}")
    usages = [exchange.usage() for exchange in project.proxy.messages()]
    expect_equal(len(usages), 3, "requests")
    for before, after in zip(usages, usages[1:]):
        expect((after["cache_read_input_tokens"] or 0) >= prompt_tokens(before),
               f"a turn computed anew what the one before it had: {before}, {after}")
    h.note(f"computed {[computed_tokens(usage) for usage in usages]} of "
           f"{[prompt_tokens(usage) for usage in usages]} tokens")
    project.proxy.close()
