// Conversations for tests of the engine, and their answers.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/backend.h"
#include "protocol/chat.h"

namespace anyclaude {

struct Answer {
  std::string text;
  std::string thinking;
  std::vector<std::pair<std::string, std::string>> calls;  // name, input
  Finish finish;
};

inline Message user(std::string text) { return {Role::user, {TextBlock{std::move(text)}}}; }
inline Message assistant(std::string text) {
  return {Role::assistant, {TextBlock{std::move(text)}}};
}

inline std::string words(int count, const std::string& kind) {
  std::string out;
  for (int i = 0; i < count; ++i) out += kind + std::to_string(i * 7919 % 1000) + " ";
  return out;
}

// At temperature 0.
inline Request greedy_request(std::vector<Message> messages, int32_t max_tokens) {
  Request request;
  request.conversation.messages = std::move(messages);
  request.conversation.max_tokens = max_tokens;
  request.conversation.sampling.temperature = 0.0f;
  return request;
}

inline Result<Answer> run(Generation& generation) {
  Answer answer;
  auto finish = generation.run([&](const Event& event) {
    if (const auto* text = std::get_if<TextDelta>(&event)) answer.text += text->text;
    if (const auto* text = std::get_if<ThinkingDelta>(&event)) answer.thinking += text->text;
    if (const auto* start = std::get_if<ToolUseStart>(&event)) {
      answer.calls.emplace_back(start->name, "");
    }
    if (const auto* input = std::get_if<ToolInputDelta>(&event)) {
      answer.calls.back().second += input->json;
    }
    return true;
  });
  if (!finish) return std::unexpected(finish.error());
  answer.finish = *finish;
  return answer;
}

}  // namespace anyclaude
