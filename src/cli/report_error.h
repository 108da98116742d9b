// How a command tells the user that it failed.
#pragma once

#include <string_view>

#include "base/result.h"

namespace anyclaude {

inline constexpr int failure_exit_code = 1;
inline constexpr int not_running_exit_code = 3;

// Prints "anyclaude: MESSAGE" on standard error and returns failure_exit_code.
int report_error(std::string_view message);
int report_error(const Error& error);

}  // namespace anyclaude
