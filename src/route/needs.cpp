#include "route/needs.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "prompt/canonical.h"
#include "protocol/origin.h"

namespace anyclaude {
namespace {

class Trail {
 public:
  // Whoever shares nothing has no prompt in common.
  explicit Trail(const std::string& sharing) { mix(sharing); }

  void mix(std::string_view text) {
    hash_ = XXH3_64bits_withSeed(text.data(), text.size(), hash_);
    bytes_ += text.size();
  }
  void end_step() { trail_.steps.push_back({hash_, bytes_}); }
  void end_head() { trail_.head_steps = trail_.steps.size(); }
  PromptTrail take() { return std::move(trail_); }

  void operator()(const TextBlock& block) { mix(block.text); }
  void operator()(const ThinkingBlock&) {}  // no prompt has it
  void operator()(const MediaBlock& block) { mix(block.data); }
  void operator()(const ToolReferenceBlock& block) { mix(block.tool_name); }
  void operator()(const ToolUseBlock& block) {
    mix(block.name);
    mix(block.input_json);
  }
  void operator()(const ToolResultBlock& block) {
    for (const auto& part : block.content) std::visit(*this, part);
  }

 private:
  uint64_t hash_ = 0;
  uint64_t bytes_ = 0;
  PromptTrail trail_;
};

bool calls_tool(const Message& message) {
  return std::ranges::any_of(message.blocks, [](const Block& block) {
    return std::holds_alternative<ToolUseBlock>(block);
  });
}

bool is_image(const MediaBlock& media) { return media.kind == MediaBlock::Kind::image; }

bool shows_image(const Block& block) {
  if (const auto* media = std::get_if<MediaBlock>(&block)) return is_image(*media);
  const auto* result = std::get_if<ToolResultBlock>(&block);
  return result != nullptr && std::ranges::any_of(result->content, [](const auto& part) {
           const auto* media = std::get_if<MediaBlock>(&part);
           return media != nullptr && is_image(*media);
         });
}

// What the user wrote last. Clients put reminders of their own beside it.
std::string_view last_words(const Conversation& conversation) {
  for (auto message = conversation.messages.rbegin(); message != conversation.messages.rend();
       ++message) {
    if (message->role != Role::user) continue;
    for (auto block = message->blocks.rbegin(); block != message->blocks.rend(); ++block) {
      const auto* text = std::get_if<TextBlock>(&*block);
      if (text != nullptr && !text->text.starts_with("<system-reminder>")) return text->text;
    }
  }
  return {};
}

bool is_word_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

// Whole words only: "prefix" asks for no fix.
bool has_word(std::string_view text, std::string_view word) {
  for (size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const size_t end = at + word.size();
    const bool begins = at == 0 || !is_word_character(text[at - 1]);
    if (begins && (end == text.size() || !is_word_character(text[end]))) return true;
  }
  return false;
}

bool asks_for_edits(std::string_view words) {
  constexpr size_t bytes_max = 4'096;  // of a pasted file the first lines
  constexpr std::array<std::string_view, 20> verbs = {
      "add",      "apply",  "change", "commit",    "convert", "create", "delete",
      "edit",     "extend", "fix",    "implement", "insert",  "modify", "move",
      "refactor", "remove", "rename", "replace",   "rewrite", "write"};
  std::string lower(words.substr(0, bytes_max));
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::ranges::any_of(verbs, [&](std::string_view verb) { return has_word(lower, verb); });
}

}  // namespace

PromptTrail trail_of(const Request& request) {
  const Conversation& conversation = request.conversation;
  Trail trail(request.origin.sharing);
  for (const Tool& tool : conversation.tools) {
    trail.mix(tool.name);
    trail.mix(tool.description);
    trail.mix(tool.input_schema_json);
    trail.end_step();
  }
  for (const std::string& text : conversation.system) {
    if (is_client_noise(text)) continue;
    trail.mix(text);
    trail.end_step();
  }
  trail.end_head();
  for (const Message& message : conversation.messages) {
    trail.mix(message.role == Role::assistant ? "a" : "u");
    for (const Block& block : message.blocks) {
      std::visit(trail, block);
      trail.end_step();
    }
  }
  return trail.take();
}

Needs needs_of(const Request& request) {
  const Conversation& conversation = request.conversation;
  Needs needs;
  const ToolChoice::Mode choice = conversation.tool_choice.mode;
  const bool may_call = !conversation.tools.empty() && choice != ToolChoice::Mode::none;
  const bool must_call = choice == ToolChoice::Mode::any || choice == ToolChoice::Mode::tool;
  needs.tools = may_call && (must_call || std::ranges::any_of(conversation.messages, calls_tool));
  needs.edits = may_call && asks_for_edits(last_words(conversation));
  needs.images = std::ranges::any_of(conversation.messages, [](const Message& message) {
    return std::ranges::any_of(message.blocks, shows_image);
  });
  needs.agent = !request.origin.agent_id.empty();
  needs.search = conversation.searches_web;
  needs.background = is_background(request);
  return needs;
}

}  // namespace anyclaude
