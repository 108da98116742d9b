#include "cli/leases.h"

#include <fmt/format.h>

#include "base/file.h"
#include "base/process.h"
#include "base/units.h"

namespace anyclaude {

Leases::Leases(const std::filesystem::path& runtime, uint16_t port)
    : folder_(runtime / fmt::format("leases-{}", port)) {}

Result<void> Leases::take(pid_t process) const {
  TRY_VOID(make_private_folder(folder_));
  return write_file(folder_ / std::to_string(process), "");
}

size_t Leases::count() const {
  size_t count = 0;
  for (const auto& file : list_folder(folder_)) {
    const auto process = parse_count(file.filename().string());
    if (!process) continue;  // a file that is just being written
    if (process_runs(static_cast<pid_t>(*process))) {
      ++count;
    } else {
      std::error_code ignored;
      std::filesystem::remove(file, ignored);
    }
  }
  return count;
}

void Leases::clear() const {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

bool IdleExit::expired(Instant now, size_t leases, std::chrono::seconds idle) {
  if (leases > 0) last_used_ = now;
  return limit_.count() > 0 && now - last_used_ >= limit_ && idle >= limit_;
}

}  // namespace anyclaude
