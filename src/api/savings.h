// What reuse has saved, by day: tokens as they were counted, and the time that computing them would
// have taken. That is an estimate: tokens times the seconds that a computed token took lately on
// the server that answered. It errs on the low side, for the tokens of long prompts take longer.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/recorded.h"
#include "base/sync.h"
#include "protocol/activity_report.h"

namespace anyclaude {

// Thread-safe.
class Savings : public Recorded {
 public:
  static constexpr uint64_t journal_bytes_max = 1u << 20;
  // Prompts of which fewer are new say little of what a token takes.
  static constexpr uint32_t measured_tokens_min = 64;

  // One record as it was written down. What is none is left out.
  void restore(std::string_view key, std::span<const uint8_t> value);

  // A request that has ended at `now_s` (Unix time), whose prompt took `prefill_s`; 0: nothing was
  // measured. Returns the seconds that it saved.
  double add(const FinishedReport& request, double prefill_s, int64_t now_s);

  SavingsReport report(int64_t now_s) const;

 private:
  mutable Mutex mutex_;
  std::map<std::string, Saved> days_ GUARDED_BY(mutex_);      // by local date, "2026-11-28"
  std::map<std::string, double> token_s_ GUARDED_BY(mutex_);  // to compute one, by backend
};

}  // namespace anyclaude
