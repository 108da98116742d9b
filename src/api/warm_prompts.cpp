#include "api/warm_prompts.h"

#include <xxhash.h>

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "protocol/json_text.h"
#include "protocol/prompt_head.h"

namespace anyclaude {
namespace {

constexpr JsonLimits record_limits{};

// Everything of a conversation's head in its order, with a length in front of each text. Copies
// nothing: most requests only show that their head is known.
class HeadSum {
 public:
  explicit HeadSum(const Conversation& whole) {
    for (const auto& text : whole.system) add(text);
    for (const Tool& tool : whole.tools) {
      add(tool.name);
      add(tool.description);
      add(tool.input_schema_json);
      add(tool.deferred ? "deferred" : "");
    }
    for (const std::string_view text : texts_before_words(whole)) add(text);
    hash_ = XXH3_64bits_withSeed(&whole.thinking.mode, sizeof whole.thinking.mode, hash_);
  }
  uint64_t hash() const { return hash_; }
  size_t bytes() const { return bytes_; }

 private:
  void add(std::string_view text) {
    const uint64_t size = text.size();
    hash_ = XXH3_64bits_withSeed(&size, sizeof size, hash_);
    hash_ = XXH3_64bits_withSeed(text.data(), text.size(), hash_);
    bytes_ += text.size();
  }

  uint64_t hash_ = 0;
  size_t bytes_ = 0;
};

std::string name_of(const WarmPrompt& prompt, const Request& request) {
  std::string name =
      prompt.client + '\n' + prompt.key_name + '\n' + prompt.sharing + '\n' + request.model;
  std::vector<std::string_view> tools;
  for (const Tool& tool : request.conversation.tools) tools.push_back(tool.name);
  std::ranges::sort(tools);
  for (const std::string_view tool : tools) {
    name += '\n';
    name += tool;
  }
  return name;
}

std::string encode(const WarmPrompt& prompt) {
  const Json value = {{"client", prompt.client},
                      {"key", prompt.key_name},
                      {"sharing", prompt.sharing},
                      {"request", prompt.head}};
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string client_name(std::string_view user_agent) {
  std::string name;
  bool version = false;
  for (const char c : user_agent.substr(0, 200)) {
    if (c == '/') version = true;
    if (c == ' ' || c == ',' || c == ')') version = false;
    if (!version) name += c;
  }
  return name;
}

void WarmPrompts::note(const Request& request, std::string_view user_agent) {
  const HeadSum sum(request.conversation);
  WarmPrompt prompt{.client = client_name(user_agent),
                    .key_name = request.origin.key_name,
                    .sharing = request.origin.sharing,
                    .hash = sum.hash()};
  const std::string name = name_of(prompt, request);
  {
    const MutexLock lock(mutex_);
    ++noted_;
    if (sum.bytes() < bytes_min || sum.bytes() > bytes_max) return;
    const WarmPrompt* known = prompts_.find(name);
    if (known && known->hash == prompt.hash) return;
  }
  prompt.head = encode_head(head_of(request));
  const std::string value = encode(prompt);
  write_down(name, bytes_of(value));
  const MutexLock lock(mutex_);
  prompts_.put(name, std::move(prompt));
}

void WarmPrompts::restore(std::string_view key, std::span<const uint8_t> value) {
  auto record = parse_json(std::string(value.begin(), value.end()), record_limits);
  if (!record || !record->is_object()) return;
  WarmPrompt prompt;
  for (const auto& [field, text] :
       {std::pair{"client", &prompt.client}, std::pair{"key", &prompt.key_name},
        std::pair{"sharing", &prompt.sharing}, std::pair{"request", &prompt.head}}) {
    if (!record->contains(field) || !(*record)[field].is_string()) return;
    *text = (*record)[field].get<std::string>();
  }
  const auto head = decode_head(prompt.head);
  if (!head) return;
  prompt.hash = HeadSum(head->conversation).hash();
  const MutexLock lock(mutex_);
  prompts_.put(std::string(key), std::move(prompt));
}

std::vector<WarmPrompt> WarmPrompts::list() const {
  std::vector<WarmPrompt> all;
  const MutexLock lock(mutex_);
  prompts_.each([&](const WarmPrompt& prompt) { all.push_back(prompt); });
  return all;
}

uint64_t WarmPrompts::noted() const {
  const MutexLock lock(mutex_);
  return noted_;
}

}  // namespace anyclaude
