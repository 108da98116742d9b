// The signals that ask this process to stop, as something a thread can wait for.
#pragma once

#include <chrono>
#include <thread>

#include "base/sync.h"

namespace anyclaude {

// Make it before any other thread: it blocks SIGINT, SIGTERM and SIGHUP for this thread and all
// that are started later, and ignores SIGPIPE and SIGXFSZ, for the process's whole life; a thread
// of its own receives them. A second SIGINT or SIGTERM ends the process at once, for who does not
// want to wait for an orderly stop.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  // Waits for a signal, or for that time; true once one has come. Thread-safe.
  bool wait_for(std::chrono::milliseconds time);
  bool received();

 private:
  void receive();

  Mutex mutex_;
  CondVar changed_;
  bool received_ GUARDED_BY(mutex_) = false;
  bool closing_ GUARDED_BY(mutex_) = false;
  std::thread receiver_;
};

}  // namespace anyclaude
