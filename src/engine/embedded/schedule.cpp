#include "engine/embedded/schedule.h"

#include <algorithm>
#include <tuple>

namespace anyclaude {

Priority urgency(const Task& task, Instant now) {
  if (task.job->spec.priority == Priority::idle) return Priority::idle;
  const auto steps = (now - task.arrived) / patience;
  const auto own = static_cast<int64_t>(task.job->spec.priority);
  return static_cast<Priority>(std::max<int64_t>(0, own - static_cast<int64_t>(steps)));
}

bool goes_before(const Task& a, const Task& b, Instant now) {
  return std::make_tuple(urgency(a, now), a.estimate, a.arrived) <
         std::make_tuple(urgency(b, now), b.estimate, b.arrived);
}

uint32_t chunk_end(const Task& task, uint32_t position, uint32_t batch) {
  const auto total = static_cast<uint32_t>(task.tokens.size());
  uint32_t target = position + 1 < total ? total - 1 : total;
  const auto point = std::upper_bound(task.save_points.begin(), task.save_points.end(), position);
  if (point != task.save_points.end()) target = std::min(target, *point);
  return target - position <= batch ? target : (position / batch + 1) * batch;
}

void add_save_point(Task& task, uint32_t position) {
  const auto at = std::lower_bound(task.save_points.begin(), task.save_points.end(), position);
  if (at == task.save_points.end() || *at != position) task.save_points.insert(at, position);
}

}  // namespace anyclaude
