"""The real llama-server answers the real Claude Code, through each form of API that it has."""
from harness.model_server import llama_server
from harness.turns import two_turns


def started(h):
    return llama_server(h, "-c", "8192", "-np", "1", "-fa", "on", "--chat-template-file",
                        h.setup.template("Qwen-Qwen2.5-7B-Instruct"))


def test_through_chat_completions(h):
    upstream = started(h)
    two_turns(h, upstream, "openai", "/v1", spare_tokens=100)
    upstream.stop()


def test_through_messages(h):
    upstream = started(h)
    two_turns(h, upstream, "anthropic", "", spare_tokens=100)
    upstream.stop()
