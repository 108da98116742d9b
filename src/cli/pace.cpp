#include "cli/pace.h"

#include <algorithm>
#include <cmath>

namespace anyclaude {
namespace {

constexpr double memory_s = 20;
constexpr double look_interval_s = 0.2;  // shorter ones tell of buffers, not of speed
constexpr double silence_s = 2;          // before the first figure
constexpr double left_most_s = 100.0 * 3'600;

}  // namespace

void Pace::note(Time now, double done) {
  if (!begin_ || done < done_) {
    *this = Pace();
    begin_ = last_ = now;
    done_ = done;
    return;
  }
  const double passed_s = Seconds(now - last_).count();
  if (passed_s < look_interval_s) return;
  const double kept = std::exp(-passed_s / memory_s);
  recent_done_ = recent_done_ * kept + (done - done_);
  recent_s_ = recent_s_ * kept + passed_s;
  last_ = now;
  done_ = done;
}

std::optional<double> Pace::per_second() const {
  if (!begin_ || Seconds(last_ - *begin_).count() < silence_s || recent_done_ <= 0) {
    return std::nullopt;
  }
  return recent_done_ / recent_s_;
}

std::optional<std::chrono::seconds> Pace::left(double all) const {
  const auto rate = per_second();
  if (!rate) return std::nullopt;
  const double left_s = std::max(0.0, all - done_) / *rate;
  if (left_s > left_most_s) return std::nullopt;
  return std::chrono::seconds(std::llround(left_s));
}

}  // namespace anyclaude
