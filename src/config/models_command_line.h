// The words and flags behind `anyclaude models`.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "config/config.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own name
class App;
}

namespace anyclaude {

std::vector<std::pair<std::string_view, ModelsCommand::Action>> models_actions();

std::string models_help_text();

// What was given, as text. Stays where it is between `add_to` and the parsing.
class ModelsCommandLine {
 public:
  void add_to(CLI::App& models);  // the command's own

  // Error::invalid_request for what cannot be.
  Result<ModelsCommand> read() const;

 private:
  std::string action_;
  std::string name_;
  bool available_ = false;
  bool force_ = false;
};

}  // namespace anyclaude
