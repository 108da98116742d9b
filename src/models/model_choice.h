// Which GGUF file the user means.
#pragma once

#include <filesystem>
#include <string>

#include "base/paths.h"
#include "base/result.h"

namespace anyclaude {

// The model that is used where none is named.
std::filesystem::path default_model(const Folders& folders);

struct ModelChoice {
  bool none = false;           // --model none
  std::filesystem::path path;  // else an existing file
};

// `model` as in Config::model: a path, or the name of a model that lies in the models folder.
// Error::not_found says how to get it, invalid_request that the name fits several.
Result<ModelChoice> choose_model(const std::string& model, const Folders& folders);

}  // namespace anyclaude
