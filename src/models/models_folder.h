// The models that lie on this machine: GGUF files in the models folder, those of the hub below
// OWNER/NAME/. What is there is what the folder says; there is no list beside it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/paths.h"
#include "base/result.h"

namespace anyclaude {

std::filesystem::path models_folder(const Folders& folders);

struct StoredModel {
  std::string name;            // the file's, without extension and part numbers
  std::string repository;      // of the hub, "owner/name"; empty: it came another way
  std::string stem;            // its path below the repository or the folder, without these
  std::filesystem::path path;  // of a split model the first part; it may not be there yet
  std::vector<std::filesystem::path> files;  // all parts, and what of them is not complete
  uint64_t bytes = 0;                        // of all files
  bool complete = false;                     // every part is there
};

// Sorted by path.
std::vector<StoredModel> list_models(const std::filesystem::path& folder);

// By a name of the hub (models/model_name.h) or that of its file, with ".gguf" or without.
// Error::not_found where there is none, invalid_request where several are called so.
Result<StoredModel> find_stored_model(const std::filesystem::path& folder, const std::string& name);

// Deletes its files and the folders that are empty then. Error::overloaded while it is pulled.
Result<void> remove_stored_model(const std::filesystem::path& folder, const StoredModel& model);

}  // namespace anyclaude
