#include "base/signals.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

namespace anyclaude {
namespace {

sigset_t stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  return signals;
}

}  // namespace

StopSignals::StopSignals() {
  const sigset_t signals = stop_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);  // a write behind the limit of `ulimit -f` fails, like another
  receiver_ = std::thread([this] { receive(); });
}

StopSignals::~StopSignals() {
  {
    MutexLock lock(mutex_);
    closing_ = true;
  }
  pthread_kill(receiver_.native_handle(), SIGHUP);
  receiver_.join();
}

bool StopSignals::wait_for(std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  MutexLock lock(mutex_);
  while (!received_) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    changed_.wait_for(mutex_, left);
  }
  return true;
}

bool StopSignals::received() {
  MutexLock lock(mutex_);
  return received_;
}

void StopSignals::receive() {
  const sigset_t signals = stop_signals();
  for (;;) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0) continue;
    MutexLock lock(mutex_);
    if (closing_) return;
    if (received_ && signal != SIGHUP) {
      ::_exit(128 + signal);  // tidy: allow exit, because the user does not want to wait
    }
    received_ = true;
    changed_.notify_all();
  }
}

}  // namespace anyclaude
