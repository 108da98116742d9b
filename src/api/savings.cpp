#include "api/savings.h"

#include <ctime>
#include <string>

namespace anyclaude {

namespace {

// How much the newest measurement counts.
constexpr double newest_share = 0.2;

std::string date_of(int64_t time_s) {
  const auto time = static_cast<std::time_t>(time_s);
  std::tm local{};
  ::localtime_r(&time, &local);
  char text[sizeof "2026-11-28"];
  return std::strftime(text, sizeof text, "%Y-%m-%d", &local) > 0 ? text : "";
}

void add_to(Saved& sum, const Saved& more) {
  sum.requests += more.requests;
  sum.prompt_tokens += more.prompt_tokens;
  sum.reused_tokens += more.reused_tokens;
  sum.saved_s += more.saved_s;
}

std::span<const uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace

void Savings::restore(std::string_view key, std::span<const uint8_t> value) {
  const std::string text(reinterpret_cast<const char*>(value.data()), value.size());
  const auto saved = decode_saved(text);
  if (!saved) return;
  const MutexLock lock(mutex_);
  days_[std::string(key)] = *saved;
}

double Savings::add(const FinishedReport& request, double prefill_s, int64_t now_s) {
  const std::string date = date_of(now_s);
  const uint32_t computed = request.prompt_tokens - request.prompt_tokens_reused;
  std::string written;
  double saved_s = 0;
  {
    const MutexLock lock(mutex_);
    if (computed >= measured_tokens_min && prefill_s > 0) {
      const double newest = prefill_s / computed;
      const auto [known, first] = token_s_.try_emplace(request.names.backend, newest);
      if (!first) known->second += (newest - known->second) * newest_share;
    }
    const auto rate = token_s_.find(request.names.backend);
    if (rate != token_s_.end()) saved_s = rate->second * request.prompt_tokens_reused;
    Saved& day = days_[date];
    add_to(day, {1, request.prompt_tokens, request.prompt_tokens_reused, saved_s});
    written = encode(day);
  }
  write_down(date, bytes_of(written));
  return saved_s;
}

SavingsReport Savings::report(int64_t now_s) const {
  const std::string today = date_of(now_s);
  SavingsReport report;
  const MutexLock lock(mutex_);
  for (const auto& [date, saved] : days_) {
    add_to(report.all, saved);
    if (date == today) report.today = saved;
  }
  return report;
}

}  // namespace anyclaude
