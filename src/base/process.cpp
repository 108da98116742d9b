#include "base/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <thread>

#include "base/exec_arguments.h"
#include "base/file.h"

#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif

namespace anyclaude {
namespace {

struct Report {  // from the detached process, through the pipe
  pid_t process = 0;
  int error = 0;  // of execve; 0: none
};

// Runs in the grandchild. Only async-signal-safe calls.
[[noreturn]] void run_detached(ExecArguments& arguments, int log, int report_pipe) {
  Report report{::getpid(), 0};
  const int null = ::open("/dev/null", O_RDONLY);
  ::dup2(null, STDIN_FILENO);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  // A pipe of our caller's that stays open would keep its reader waiting for as long as we live.
  for (int descriptor = STDERR_FILENO + 1; descriptor < 1024; ++descriptor) {
    if (descriptor != report_pipe) ::close(descriptor);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  [[maybe_unused]] ssize_t written = ::write(report_pipe, &report, sizeof report);
  report.error = arguments.execute();
  written = ::write(report_pipe, &report, sizeof report);
  ::_exit(127);  // tidy: allow exit, because this is a fork's child
}

// The newest report; the pipe closes when exec succeeds.
Report read_report(int report_pipe) {
  Report report;
  Report next;
  ssize_t count;
  while ((count = ::read(report_pipe, &next, sizeof next)) != 0) {
    if (count == sizeof next) report = next;
    if (count < 0 && errno != EINTR) break;
  }
  return report;
}

Error system_error(std::string_view what) {
  return {Error::Kind::io,
          fmt::format("cannot {}: {}", what, std::generic_category().message(errno))};
}

}  // namespace

bool is_executable(const std::filesystem::path& path) {
  struct stat status = {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

std::optional<std::filesystem::path> find_program(std::string_view name, std::string_view path) {
  while (!path.empty()) {
    const size_t end = std::min(path.find(':'), path.size());
    const std::filesystem::path folder = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    // A relative entry would run whatever the current folder holds.
    if (!folder.is_absolute()) continue;
    if (is_executable(folder / name)) return folder / name;
  }
  return std::nullopt;
}

Result<std::filesystem::path> own_program() {
  std::error_code error;
#ifdef __APPLE__
  std::array<char, 4096> buffer{};
  uint32_t size = buffer.size();
  if (_NSGetExecutablePath(buffer.data(), &size) != 0) {
    return fail(Error::Kind::io, "cannot find the path of this program");
  }
  const auto path = std::filesystem::canonical(buffer.data(), error);
#else
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
#endif
  if (error) return fail(Error::Kind::io, "cannot find the path of this program");
  return path;
}

Result<pid_t> spawn_detached(const Command& command, const std::filesystem::path& log) {
  ExecArguments arguments(command);
  const int log_file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log_file < 0) return std::unexpected(system_error("open " + log.string()));
  std::array<int, 2> pipe_ends{};
  if (::pipe(pipe_ends.data()) != 0) {
    const Error error = system_error("make a pipe");
    ::close(log_file);
    return std::unexpected(error);
  }
  for (const int end : pipe_ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
  const pid_t child = ::fork();
  if (child == 0) {
    ::setsid();
    // The second fork lets init adopt it, and keeps it from ever getting a terminal.
    if (::fork() == 0) run_detached(arguments, log_file, pipe_ends[1]);
    ::_exit(0);  // tidy: allow exit, because this is a fork's child
  }
  const Error fork_error = child < 0 ? system_error("start a process") : Error();
  ::close(log_file);
  ::close(pipe_ends[1]);
  const Report report = read_report(pipe_ends[0]);
  ::close(pipe_ends[0]);
  if (child < 0) return std::unexpected(fork_error);
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (report.process == 0) return fail(Error::Kind::io, "cannot start a process");
  if (report.error != 0) {
    errno = report.error;
    return std::unexpected(system_error("run " + command.program.string()));
  }
  return report.process;
}

Result<std::string> output_of(const Command& command, size_t bytes_max) {
  ExecArguments arguments(command);
  std::array<int, 2> pipe_ends{};
  if (::pipe(pipe_ends.data()) != 0) return std::unexpected(system_error("make a pipe"));
  for (const int end : pipe_ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
  const pid_t child = ::fork();
  if (child == 0) {
    const int null = ::open("/dev/null", O_RDWR);
    ::dup2(null, STDIN_FILENO);
    ::dup2(pipe_ends[1], STDOUT_FILENO);
    ::dup2(null, STDERR_FILENO);
    arguments.execute();
    ::_exit(127);  // tidy: allow exit, because this is a fork's child
  }
  ::close(pipe_ends[1]);
  std::string output;
  std::array<char, 4096> buffer;
  for (ssize_t count; child > 0 && (count = ::read(pipe_ends[0], buffer.data(), buffer.size()));) {
    if (count > 0) output.append(buffer.data(), static_cast<size_t>(count));
    if ((count < 0 && errno != EINTR) || output.size() > bytes_max) break;
  }
  ::close(pipe_ends[0]);
  int status = 0;
  while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (child < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return fail(Error::Kind::io, fmt::format("{} failed", command.program.string()));
  }
  output.resize(std::min(output.size(), bytes_max));
  return output;
}

Result<int> run_in_terminal(const Command& command) {
  ExecArguments arguments(command);
  const pid_t child = ::fork();
  if (child < 0) return std::unexpected(system_error("start a process"));
  if (child == 0) {
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
    arguments.execute();
    ::_exit(127);  // tidy: allow exit, because this is a fork's child
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) == 127) {
    return fail(Error::Kind::io, fmt::format("{} failed", command.program.string()));
  }
  return WEXITSTATUS(status);
}

Error become(const Command& command) {
  ExecArguments arguments(command);
  errno = arguments.execute();
  return system_error("run " + command.program.string());
}

bool process_runs(pid_t process) {
  if (process <= 0) return false;
  if (::kill(process, 0) != 0) return errno == EPERM;
  // "PID (name) STATE ...", where the name may hold anything, also ") Z". There is no such file on
  // macOS, whose launchd reaps what it adopts.
  const auto status = read_file(fmt::format("/proc/{}/stat", process), 4096);
  if (!status) return true;
  const size_t name_end = status->rfind(')');
  if (name_end == std::string::npos || name_end + 2 >= status->size()) return true;
  const char state = (*status)[name_end + 2];
  return state != 'Z' && state != 'X';
}

bool wait_until_gone(pid_t process, std::chrono::milliseconds time_max) {
  const auto end = std::chrono::steady_clock::now() + time_max;
  while (process_runs(process)) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

}  // namespace anyclaude
