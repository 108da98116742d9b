// How fast a long thing goes, told steadily: what was a while ago counts less and less, so that
// neither a burst nor a pause makes the figure jump, and a lasting change shows within half a
// minute. The clock is the caller's. One thread.
#pragma once

#include <chrono>
#include <optional>

namespace anyclaude {

class Pace {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // So much is done now, in any unit. The first call says where it begins; less than before begins
  // anew. Cheap to call often.
  void note(Time now, double done);

  // Nothing in the first seconds, when nobody could know.
  std::optional<double> per_second() const;
  // Until `all` is done. Nothing where that would take more than some days.
  std::optional<std::chrono::seconds> left(double all) const;

 private:
  using Seconds = std::chrono::duration<double>;

  std::optional<Time> begin_;
  Time last_;        // when it was looked at
  double done_ = 0;  // then
  // Both fade together, so that their ratio is an average that forgets.
  double recent_done_ = 0;
  double recent_s_ = 0;
};

}  // namespace anyclaude
