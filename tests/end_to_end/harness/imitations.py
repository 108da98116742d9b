"""LM Studio and vLLM, which do not run here, as far as the guides' commands meet them: what they
tell of themselves, and a cache that knows a conversation's beginning again."""
import json

from harness.scripted_chat_server import CONTEXT, MODEL, ScriptedChatServer

# lmstudio.ai/docs/developer/rest/endpoints
LM_STUDIO = {"/api/v0/models": {"object": "list", "data": [
    {"id": MODEL, "object": "model", "type": "llm", "state": "loaded",
     "loaded_context_length": CONTEXT, "max_context_length": 2 * CONTEXT}]}}
# docs.vllm.ai: GET /version
VLLM = {"/version": {"version": "0.32.0"}}


class Imitation(ScriptedChatServer):
    """Counts what it has seen of the first message as cached."""

    def __init__(self, gets):
        super().__init__(gets=gets)
        self._seen = set()

    def answer(self, body, form):
        reply = super().answer(body, form)
        first = json.dumps(body["messages"][0])
        cached = len(first) // 4 if first in self._seen else 0
        self._seen.add(first)
        told = f'"usage": {{"prompt_tokens_details": {{"cached_tokens": {cached}}}, '
        return reply.replace(b'"usage": {', told.encode())
