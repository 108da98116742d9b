// How a model is to choose its tokens: what both forms of API say alike.
#pragma once

#include <string_view>

#include "protocol/chat.h"
#include "protocol/json_writer.h"

namespace anyclaude {

// `stop_name`: what the API calls the sequences at which an answer ends.
void write_sampling(JsonWriter& json, const Conversation& conversation, std::string_view stop_name);

// Whether the model thinks first, for servers that hand their template its options: mlx-lm, vLLM,
// llama-server. The templates of the models that can do both (Qwen3 ...) call it so.
void write_thinking(JsonWriter& json, bool thinks);

}  // namespace anyclaude
