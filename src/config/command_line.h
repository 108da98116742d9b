// The words of the command line, taken apart and not yet judged.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/bench_command_line.h"
#include "config/cache_command_line.h"
#include "config/command_words.h"
#include "config/models_command_line.h"
#include "config/settings.h"

namespace anyclaude {

struct CommandLine {
  std::string command;                               // empty: none was given
  std::map<std::string_view, std::string> settings;  // name -> value, those that were given
  std::vector<std::string> client_arguments;         // what stood after "--"
  bool help = false;
  bool version = false;
  bool json = false;
  bool detached = false;
  bool from_client = false;
  bool fix = false;
  std::string mode_wanted;
  std::string backend;  // doctor's word for --mode
  std::string shell;    // completion
  BenchCommandLine bench;
  CacheCommandLine cache;
  ModelsCommandLine models;
  ServiceCommand service;
};

// `settings` outlives the result. Error::invalid_request for words that mean nothing, with what was
// probably meant.
Result<CommandLine> parse_command_line(std::vector<std::string> arguments,
                                       const std::vector<Setting>& settings);

// All that it takes.
CommandWords command_words();

}  // namespace anyclaude
