// The words and flags behind `anyclaude cache`.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "config/settings.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own name
class App;
}

namespace anyclaude {

std::vector<std::pair<std::string_view, CacheCommand::Action>> cache_actions();

std::string cache_help_text();

// What was given, as text. Stays where it is between `add_to` and the parsing.
class CacheCommandLine {
 public:
  void add_to(CLI::App& cache);  // the command's own

  // Error::invalid_request for what cannot be.
  Result<CacheCommand> read(const SettingContext& context) const;

 private:
  std::string action_;
  std::string limit_ = "50";
  std::string to_;
  std::string unused_for_;
  std::string of_;
  std::string prompt_;
  std::string file_;
  bool trust_ = false;
};

}  // namespace anyclaude
