// Who still needs a server that was started in the background. A launcher leaves a file with its
// process id; it then becomes the client, keeping that id, so the lease ends when the client does,
// however it ends.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "base/result.h"

namespace anyclaude {

class Leases {
 public:
  Leases(const std::filesystem::path& runtime, uint16_t port);

  Result<void> take(pid_t process) const;

  // Those whose process still runs; the files of the others are removed.
  size_t count() const;

  // For a server that begins or ends: what is left are leases of another one.
  void clear() const;

 private:
  const std::filesystem::path folder_;
};

// When a background server should end: after `limit` without a lease and without a request.
class IdleExit {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  // `limit` 0: never. The start counts as use.
  IdleExit(std::chrono::seconds limit, Instant start) : limit_(limit), last_used_(start) {}

  // `idle`: since when no request has come, as Api::idle has it.
  bool expired(Instant now, size_t leases, std::chrono::seconds idle);

 private:
  const std::chrono::seconds limit_;
  Instant last_used_;
};

}  // namespace anyclaude
