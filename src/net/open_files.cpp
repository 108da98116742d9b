#include "net/open_files.h"

#include <sys/resource.h>

#include <algorithm>

namespace anyclaude {
namespace {

// Files, models and the listening socket need descriptors beside the connections.
constexpr size_t descriptors_for_others = 128;
// A connection's request may be passed on to another server: its own socket, the one to that
// server, and the two by which libcurl wakes a thread.
constexpr size_t descriptors_a_connection = 4;

}  // namespace

void fit_open_files(HttpServerOptions& options) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t needed = descriptors_a_connection * options.connections_max +
                        options.connections_queued_max + descriptors_for_others;
  if (limit.rlim_cur < needed) {
    const rlim_t raised = std::min(needed, limit.rlim_max);
    rlimit higher{raised, limit.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &higher) == 0) limit.rlim_cur = raised;
  }
  if (limit.rlim_cur >= needed) return;
  const auto open_files = static_cast<size_t>(limit.rlim_cur);
  const size_t half = open_files / 2;
  options.connections_max = std::min(options.connections_max, half / descriptors_a_connection);
  options.connections_queued_max = std::min(options.connections_queued_max, half / 2);
}

}  // namespace anyclaude
