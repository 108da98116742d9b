#include "base/signals.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

namespace anyclaude {
namespace {

// The signals stay blocked for a process's life, so each case runs in a child of its own.
template <class Body>
int exit_code_of(Body body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST(StopSignals, WakeWhoWaits) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    EXPECT_EQ(exit_code_of([signal] {
                StopSignals signals;
                if (signals.received()) return 1;
                ::kill(::getpid(), signal);
                return signals.wait_for(std::chrono::seconds(20)) ? 0 : 2;
              }),
              0);
  }
}

TEST(StopSignals, TimeRunsOutWithoutOne) {
  EXPECT_EQ(exit_code_of([] {
              StopSignals signals;
              return signals.wait_for(std::chrono::milliseconds(1)) ? 1 : 0;
            }),
            0);
}

TEST(StopSignals, ASecondOneEndsTheProcess) {
  EXPECT_EQ(exit_code_of([] {
              StopSignals signals;
              ::kill(::getpid(), SIGTERM);
              if (!signals.wait_for(std::chrono::seconds(20))) return 1;
              ::kill(::getpid(), SIGINT);
              for (;;) ::pause();
            }),
            128 + SIGINT);
}

TEST(StopSignals, BrokenPipesAndLongFilesAreNoReasonToDie) {
  EXPECT_EQ(exit_code_of([] {
              StopSignals signals;
              ::kill(::getpid(), SIGPIPE);
              ::kill(::getpid(), SIGXFSZ);
              return 0;
            }),
            0);
}

}  // namespace
}  // namespace anyclaude
