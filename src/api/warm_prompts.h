// The beginnings of prompts that will come again: of each client, model, tool set and key the
// newest (protocol/prompt_head.h). What is computed of them before anybody asks (api/warmer.h) need
// not be computed while somebody waits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/recent.h"
#include "base/recorded.h"
#include "base/sync.h"
#include "protocol/chat.h"

namespace anyclaude {

struct WarmPrompt {
  std::string client;  // "claude-cli (external, cli)": its User-Agent without versions
  std::string key_name;
  std::string sharing;  // Origin::sharing
  std::string head;     // encode_head
  uint64_t hash = 0;    // of what the head says
};

// Thread-safe.
class WarmPrompts : public Recorded {
 public:
  static constexpr size_t prompts_max = 16;
  // A shorter one is computed in no time; a longer one is no client's.
  static constexpr size_t bytes_min = 2048;
  static constexpr size_t bytes_max = 4u << 20;

  // One record as it was written down. What is none is left out.
  void restore(std::string_view key, std::span<const uint8_t> value);

  void note(const Request& request, std::string_view user_agent);

  std::vector<WarmPrompt> list() const;  // newest first
  uint64_t noted() const;                // so often has `note` been called

 private:
  mutable Mutex mutex_;
  Recent<std::string, WarmPrompt> prompts_ GUARDED_BY(mutex_){prompts_max};
  uint64_t noted_ GUARDED_BY(mutex_) = 0;
};

// "claude-cli/2.1.330 (external, cli)" is "claude-cli (external, cli)".
std::string client_name(std::string_view user_agent);

}  // namespace anyclaude
