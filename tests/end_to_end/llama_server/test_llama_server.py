"""The real llama-server answers the real Claude Code, through each form of API that it has."""
from harness.model_server import llama_server
from harness.turns import two_turns


def started(h):
    return llama_server(h, "-c", "8192", "-np", "1", "-fa", "on", "--chat-template-file",
                        h.setup.template("Qwen-Qwen2.5-7B-Instruct"))


def test_through_chat_completions(h):
    two_turns(h, started(h), "openai", "/v1", spare_tokens=100)


def test_through_messages(h):
    two_turns(h, started(h), "anthropic", "", spare_tokens=100)
