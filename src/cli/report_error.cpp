#include "cli/report_error.h"

#include <fmt/format.h>

#include <cstdio>

namespace anyclaude {

int report_error(std::string_view message) {
  fmt::print(stderr, "anyclaude: {}\n", message);
  return failure_exit_code;
}

int report_error(const Error& error) { return report_error(error.message); }

}  // namespace anyclaude
