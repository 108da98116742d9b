// Which GGUF file the user means.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/paths.h"
#include "base/result.h"
#include "config/config.h"

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

struct NamedFile {
  std::string name;  // that requests name it by
  std::filesystem::path path;
  uint64_t bytes = 0;  // of all its parts
};

// `more` as files, `first` left out of "all". Errors as choose_model's, with the name in front;
// Error::invalid_request where two have one name.
Result<std::vector<NamedFile>> choose_more_models(const MoreModels& more,
                                                  const std::filesystem::path& first,
                                                  const Folders& folders);

// Of the model whose first file it is.
uint64_t model_bytes(const std::filesystem::path& first_file);

}  // namespace anyclaude
