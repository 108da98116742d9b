#include "net/open_connections.h"

namespace anyclaude {

OpenConnections::OpenConnections(Metrics& metrics)
    : open_gauge_(metrics.gauge("anyclaude_http_connections", "Open HTTP connections")) {}

void OpenConnections::set_ordinary_max(size_t ordinary_max) {
  const MutexLock lock(mutex_);
  ordinary_max_ = ordinary_max;
}

bool OpenConnections::enter(Socket& socket, bool& ordinary) {
  const MutexLock lock(mutex_);
  if (stopping_) return false;
  ordinary = ordinary_ < ordinary_max_;
  if (ordinary) ++ordinary_;
  open_.insert(&socket);
  open_gauge_.add(1);
  return true;
}

void OpenConnections::leave(Socket& socket, bool ordinary) {
  const MutexLock lock(mutex_);
  if (ordinary) --ordinary_;
  open_.erase(&socket);
  open_gauge_.add(-1);
}

void OpenConnections::cut_all() {
  const MutexLock lock(mutex_);
  stopping_ = true;
  for (Socket* socket : open_) socket->shut_down();
}

}  // namespace anyclaude
