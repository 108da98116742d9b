#include "cli/model_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace anyclaude {
namespace {

// "owner/repo" or "owner/repo:quant", as the Hugging Face hub names models.
bool is_hub_name(std::string_view model) {
  const size_t colon = model.find(':');
  const std::string_view quant = colon == std::string_view::npos ? "x" : model.substr(colon + 1);
  const std::string_view name = model.substr(0, colon);
  const size_t slash = name.find('/');
  if (slash == std::string_view::npos) return false;
  const auto is_word = [](std::string_view word) {
    return !word.empty() && std::all_of(word.begin(), word.end(), [](unsigned char c) {
      return std::isalnum(c) || c == '-' || c == '_' || c == '.';
    });
  };
  return is_word(name.substr(0, slash)) && is_word(name.substr(slash + 1)) && is_word(quant);
}

}  // namespace

std::filesystem::path default_model(const Folders& folders) {
  return folders.cache / "models" / "SmolLM2-135M-Instruct.Q4_1.gguf";
}

Result<ModelChoice> choose_model(const std::string& model, const Folders& folders) {
  if (model == "none") return ModelChoice{.none = true, .path = {}};
  const auto path = model.empty() ? default_model(folders) : std::filesystem::path(model);
  std::error_code error;
  if (std::filesystem::is_regular_file(path, error)) return ModelChoice{false, path};
  if (model.empty()) {
    return fail(Error::Kind::not_found,
                fmt::format("no model is set, and the default one is not in {}. Set one with "
                            "--model PATH, or run `scripts/setup/models.sh` in a checkout to fetch "
                            "the default (93 MB).",
                            path.parent_path().string()));
  }
  if (is_hub_name(model)) {
    return fail(Error::Kind::not_found,
                fmt::format("'{}' looks like a name on the Hugging Face hub, and anyclaude does "
                            "not download models yet: fetch the GGUF and name it with --model "
                            "PATH.",
                            model));
  }
  return fail(Error::Kind::not_found,
              fmt::format("there is no model file {} (--model PATH takes a GGUF file)", model));
}

}  // namespace anyclaude
