// The flags behind `anyclaude bench`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/environment.h"
#include "base/result.h"
#include "config/config.h"
#include "config/settings.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own name
class App;
}

namespace anyclaude {

std::string bench_help_text();

// What was given, as text. Stays where it is between `add_to` and the parsing.
class BenchCommandLine {
 public:
  void add_to(CLI::App& bench);  // the command's own

  // Error::invalid_request for what cannot be.
  Result<BenchCommand> read(const SettingContext& context, const Environment& environment) const;

 private:
  std::vector<std::string> against_;
  std::string rounds_;
  std::string tokens_;
  std::string time_limit_;
  std::string output_;
  bool quick_ = false;
};

}  // namespace anyclaude
