// The connections that are being served: how many are ordinary ones, and all of them for the moment
// when the server stops.
#pragma once

#include <cstddef>
#include <set>

#include "base/metrics.h"
#include "base/sync.h"
#include "net/socket.h"

namespace anyclaude {

// Thread-safe.
class OpenConnections {
 public:
  explicit OpenConnections(Metrics& metrics);

  // Before the first `enter`.
  void set_ordinary_max(size_t ordinary_max);

  // False after cut_all. `ordinary`: one of the ordinary places was free. The socket must
  // live until `leave`.
  bool enter(Socket& socket, bool& ordinary);
  void leave(Socket& socket, bool ordinary);

  // Shuts down every open socket, and lets no other enter.
  void cut_all();

 private:
  Gauge& open_gauge_;

  Mutex mutex_;
  std::set<Socket*> open_ GUARDED_BY(mutex_);
  size_t ordinary_max_ GUARDED_BY(mutex_) = 0;
  size_t ordinary_ GUARDED_BY(mutex_) = 0;
  bool stopping_ GUARDED_BY(mutex_) = false;
};

}  // namespace anyclaude
