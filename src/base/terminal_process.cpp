#include "base/terminal_process.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "base/exec_arguments.h"

#ifdef __APPLE__
#include <util.h>
#else
#include <pty.h>
#endif

namespace anyclaude {
namespace {

constexpr std::chrono::milliseconds time_to_end{2'000};

}  // namespace

Result<std::unique_ptr<TerminalProcess>> TerminalProcess::start(const Command& command) {
  ExecArguments arguments(command);
  winsize size{};
  size.ws_row = 40;
  size.ws_col = 120;
  int terminal = -1;
  const pid_t process = ::forkpty(&terminal, nullptr, nullptr, &size);
  if (process == 0) {
    for (int descriptor = STDERR_FILENO + 1; descriptor < 1024; ++descriptor) ::close(descriptor);
    arguments.execute();
    ::_exit(127);  // tidy: allow exit, because this is a fork's child
  }
  if (process < 0) {
    return fail(Error::Kind::io,
                fmt::format("cannot open a terminal: {}", std::generic_category().message(errno)));
  }
  return std::unique_ptr<TerminalProcess>(new TerminalProcess(process, terminal));
}

TerminalProcess::~TerminalProcess() {
  if (process_ != 0) ::kill(-process_, SIGTERM);
  if (run_for(time_to_end)) {
    ::kill(-process_, SIGKILL);
    while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  ::close(terminal_);
}

bool TerminalProcess::run_for(std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  std::array<char, 4096> printed;
  while (!ended()) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return true;
    // A process that has ended is not always told by its terminal.
    const int wait_ms = static_cast<int>(std::min<int64_t>(left.count(), 100));
    pollfd waiting{.fd = terminal_, .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, wait_ms) <= 0) continue;
    if (::read(terminal_, printed.data(), printed.size()) <= 0) ::usleep(10'000);
  }
  return false;
}

bool TerminalProcess::ended() {
  if (process_ == 0) return true;
  if (::waitpid(process_, nullptr, WNOHANG) != process_) return false;
  process_ = 0;
  return true;
}

}  // namespace anyclaude
