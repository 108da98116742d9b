// What `doctor` finds out about another server of models, and about what this machine has to run
// it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/environment.h"
#include "base/result.h"
#include "config/config.h"
#include "engine/remote/server_facts.h"

namespace anyclaude {

// A Python and what it has of one package.
struct PythonFound {
  std::string path;
  uint32_t major = 0;
  uint32_t minor = 0;
  std::string package_version;  // empty: it does not have it
  bool makes_venvs = false;
};

struct BackendFacts {
  std::string name;  // "mlx-lm", "lmstudio", "vllm", "openai", "anthropic"
  std::string url;   // without its path
  std::string host;
  uint16_t port = 0;
  bool here = false;  // on this machine
  Result<ServerFacts> server = ServerFacts();
  // Of a server that answers: whether it shows its model the tools. Error::not_found: it cannot be
  // told; another: it does not answer for its model.
  Result<bool> tools = true;

  std::string model_wanted;                 // --remote-model
  std::string model_fault;                  // what that folder lacks, where it is one
  std::vector<std::string> models_fetched;  // names of the hub's, in its cache on this machine
  std::vector<PythonFound> pythons;         // mlx-lm, vllm; in the order of $PATH
  std::string venv;                         // where one for it may be made
  bool is_mac = false;
  bool has_nvidia = false;
  std::string lms;  // the program of LM Studio; empty: not there
};

// The Python package that has the server; empty: it comes otherwise.
std::string package_of(const std::string& backend);

// Runs each Python that it finds, and asks the server for two answers of a token. Of a mode other
// than embedded. Error::invalid_request where the address is wrong.
Result<BackendFacts> find_backend_facts(const Config& config, const Environment& environment);

}  // namespace anyclaude
