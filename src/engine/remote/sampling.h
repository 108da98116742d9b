// How a model is to choose its tokens: what both forms of API say alike.
#pragma once

#include <string_view>

#include "protocol/chat.h"
#include "protocol/json_writer.h"

namespace anyclaude {

// `stop_name`: what the API calls the sequences at which an answer ends.
void write_sampling(JsonWriter& json, const Conversation& conversation, std::string_view stop_name);

}  // namespace anyclaude
