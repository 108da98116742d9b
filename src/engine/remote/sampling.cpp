#include "engine/remote/sampling.h"

#include <fmt/format.h>

#include <string>

namespace anyclaude {

void write_sampling(JsonWriter& json, const Conversation& conversation,
                    std::string_view stop_name) {
  const SamplingChoice& sampling = conversation.sampling;
  if (sampling.temperature) json.raw("temperature", fmt::format("{}", *sampling.temperature));
  if (sampling.top_p) json.raw("top_p", fmt::format("{}", *sampling.top_p));
  if (sampling.top_k) json.raw("top_k", std::to_string(*sampling.top_k));
  if (!conversation.stop_sequences.empty()) json.texts(stop_name, conversation.stop_sequences);
}

void write_thinking(JsonWriter& json, bool thinks) {
  json.raw("chat_template_kwargs",
           thinks ? R"({"enable_thinking":true})" : R"({"enable_thinking":false})");
}

}  // namespace anyclaude
