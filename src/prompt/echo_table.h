// The token ids of answers, as they were sampled, by the names under which clients send them back
// (prompt/echo.h). In a prompt they stand where the template would write the answer anew, which
// mostly gives other tokens than those that were computed.
//
// Bounded; the answers that were looked at longest ago go first. What it forgets costs time and
// nothing else: the answer is then written by the template.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/recent.h"
#include "base/recorded.h"
#include "base/sync.h"
#include "prompt/echo.h"

namespace anyclaude {

struct SampledAnswer {
  // Thinking included; without the token that ends the answer.
  std::vector<int32_t> tokens;
  bool thinking = false;  // CanonicalConversation::thinking when it was sampled
  // The ids that the model gave its calls, where its format has some: results are told under them.
  std::vector<std::string> call_ids;
  bool operator==(const SampledAnswer&) const = default;
};

// Thread-safe.
class EchoTable : public Recorded {
 public:
  static constexpr uint64_t bytes_max_default = 32ull << 20;

  explicit EchoTable(uint64_t bytes_max = bytes_max_default) : answers_(bytes_max) {}

  void add(const std::vector<EchoName>& names, SampledAnswer answer);
  std::shared_ptr<const SampledAnswer> find(const EchoName& name);

  // One record as the writer got it; the form is in docs/disk-format.md. What is none is left out.
  void restore(std::string_view key, std::span<const uint8_t> value);

  uint64_t bytes() const;

 private:
  void put(const EchoName& name, std::shared_ptr<const SampledAnswer> answer);

  mutable Mutex mutex_;
  Recent<EchoName, std::shared_ptr<const SampledAnswer>> answers_ GUARDED_BY(mutex_);
};

// The bytes of a record's value.
std::vector<uint8_t> encode_answer(const SampledAnswer& answer);
std::optional<SampledAnswer> decode_answer(std::span<const uint8_t> bytes);

}  // namespace anyclaude
