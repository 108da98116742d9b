// How a remote backend is reached, and what the user says of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "net/url.h"

namespace anyclaude {

enum class ToolsChoice {
  find,      // ask the server
  native,    // it has tools
  emulated,  // it has none: they are told in words (prompt/tool_emulation.h)
};

enum class RemoteForm {
  openai,     // Chat Completions, under the URL: "http://localhost:8081/v1"
  anthropic,  // Messages, under v1/ of the URL: "http://localhost:9001"
};

struct RemoteOptions {
  std::string name;  // "mlx-lm", "lmstudio", "vllm", "openai", "anthropic"
  RemoteForm form = RemoteForm::openai;
  Url url;
  // Requests of the Messages API go there, and their answers come back, as they are: the server is
  // Anthropic's own, which knows its clients better than we do. Without a key each request has its
  // caller's.
  bool pass_on = false;
  std::string key;
  std::string key_setting;  // where the user sets it: "MLX_LM_API_KEY"
  std::string model;        // of the server's models; empty: the one that is loaded, or its first
  std::string small_model;  // for what clients ask of a small one; empty: the same
  ToolsChoice tools = ToolsChoice::find;
  std::optional<bool> images;   // it sees; unset: ask the server
  uint32_t context_tokens = 0;  // 0: ask the server
  // A server that is silent for longer takes the request, as far as the client is told.
  std::chrono::milliseconds status_wait{2'000};
  std::chrono::milliseconds look_interval{60'000};      // at a server that is there
  std::chrono::milliseconds look_interval_gone{3'000};  // at one that is not
};

}  // namespace anyclaude
