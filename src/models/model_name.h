// What users call models, and which files are meant by it. Pure functions over names; the same for
// files of the hub and those that lie in the models folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace anyclaude {

// A model of a repository. Of `quant` and `file` at most one is set; none: the usual quant.
struct ModelName {
  std::string repository;  // "owner/name"
  std::string quant;       // "Q4_K_M"
  std::string file;        // its path in the repository, "x-Q4_K_M.gguf"
};

// A short name (models/known_models.h), "owner/name", "owner/name:quant" or "owner/name/file.gguf".
// Nothing for what is none of them.
std::optional<ModelName> parse_model_name(std::string_view text);

// The parts of the one model that is meant, in their order. Error::not_found tells what there is
// instead, or which parts are missing; Error::invalid_request where the name fits several.
Result<std::vector<std::string>> choose_files(const ModelName& name,
                                              const std::vector<std::string>& paths);

// The same for stems: which of these models is meant, whether or not all its parts are there.
Result<std::string> choose_stem(const ModelName& name, const std::vector<std::string>& stems);

// Of a GGUF with a model in it: not the eyes of one, nor what was measured to quantise it.
bool is_model_file(std::string_view path);

// "a/x-Q4_K_M-00001-of-00002.gguf" -> "a/x-Q4_K_M", the same for all parts.
std::string path_stem(std::string_view path);
// And "x-Q4_K_M": by which a model is called.
std::string model_stem(std::string_view path);

// "Q4_K_M", "UD-Q4_K_XL", "MXFP4", in capitals; empty where the file's name tells none.
std::string quant_of(std::string_view path);

// Of "...-00001-of-00002.gguf". {1, 1} for a file that is no part.
struct PartNumber {
  unsigned part = 1;
  unsigned parts = 1;
};
PartNumber part_number(std::string_view path);

}  // namespace anyclaude
