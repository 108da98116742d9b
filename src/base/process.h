// Other processes: finding programs, starting one that outlives us, becoming one.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/environment.h"
#include "base/result.h"

namespace anyclaude {

struct Command {
  std::filesystem::path program;
  std::vector<std::string> arguments;  // without the program's own name
  Environment environment;
};

// The first executable file of that name in a list of folders as $PATH has it.
std::optional<std::filesystem::path> find_program(std::string_view name, std::string_view path);

bool is_executable(const std::filesystem::path& path);

// The file this process runs.
Result<std::filesystem::path> own_program();

// Starts a process in a session of its own, adopted by init, so that neither a closed terminal nor
// a ^C reaches it; input from /dev/null, output appended to `log` (0600), no other file inherited.
// Error::io if the program cannot be executed.
Result<pid_t> spawn_detached(const Command& command, const std::filesystem::path& log);

// Runs it to its end and returns what it printed, at most `bytes_max` bytes; its errors go nowhere.
// Error::io if it cannot be run or its exit code is not 0.
Result<std::string> output_of(const Command& command, size_t bytes_max);

// Runs it to its end with our own terminal, all its output on standard error, and returns its exit
// code. Error::io if it cannot be run or a signal ended it.
Result<int> run_in_terminal(const Command& command);

// Becomes the program: same process, terminal, signals and exit code. Returns only if it fails.
Error become(const Command& command);

// Whether the process runs. A zombie, which nothing reaps in many containers, does not.
bool process_runs(pid_t process);

// Polls until the process is gone; false if it still runs after that time.
bool wait_until_gone(pid_t process, std::chrono::milliseconds time_max);

}  // namespace anyclaude
