// What `doctor` judges, apart from how it finds it out. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/backend_facts.h"
#include "cli/check.h"
#include "engine/embedded/prompt_maker.h"
#include "engine/embedded/survey.h"

namespace anyclaude {

struct DoctorFacts {
  Result<std::string> client = std::string();  // the path of `claude`
  bool client_needs_node = false;
  std::optional<uint32_t> node_major;  // nothing: no Node on PATH

  // Of another server of models; nothing: the embedded engine answers, and what follows counts.
  std::optional<BackendFacts> backend;

  bool without_model = false;  // --model none
  Result<std::string> model_path = std::string();
  Result<ModelSurvey> model = ModelSurvey();
  Result<PromptMaker::Findings> chat_template = PromptMaker::Findings();
  // Those that are loaded on demand, or why they are not to be found.
  std::vector<std::pair<std::string, Result<ModelSurvey>>> more_models;
  uint64_t memory_bytes = 0;  // of the machine

  uint32_t context_wanted = 0;              // --context; 0: not set
  std::optional<uint32_t> context_running;  // of the running server's model

  MachineSurvey machine;
  std::string gpu_present;  // "an NVIDIA GPU"; empty: none was seen
  uint32_t threads_wanted = 0;

  std::vector<std::string> folders;  // what is wrong with those that cannot be used

  std::string server_url;  // of the running server; empty: none
  uint16_t port = 0;
  std::optional<Error> port_error;  // why a server could not listen there
  std::optional<Error> bind_error;  // why it may not
};

std::vector<Check> examine(const DoctorFacts& facts);

}  // namespace anyclaude
