#include "models/model_choice.h"

#include <fmt/format.h>

#include "models/model_name.h"
#include "models/models_folder.h"

namespace anyclaude {

std::filesystem::path default_model(const Folders& folders) {
  return models_folder(folders) / "SmolLM2-135M-Instruct.Q4_1.gguf";
}

Result<ModelChoice> choose_model(const std::string& model, const Folders& folders) {
  if (model == "none") return ModelChoice{.none = true, .path = {}};
  const auto path = model.empty() ? default_model(folders) : std::filesystem::path(model);
  std::error_code error;
  if (std::filesystem::is_regular_file(path, error)) return ModelChoice{false, path};
  if (model.empty()) {
    return fail(Error::Kind::not_found,
                fmt::format("no model is set, and the default one is not in {}. Fetch one with "
                            "`anyclaude models pull` (`anyclaude models ls --available` lists "
                            "some) and name it with --model, or name a GGUF file: --model PATH. "
                            "`scripts/setup/models.sh` in a checkout fetches the default (93 MB).",
                            path.parent_path().string()));
  }
  const auto stored = find_stored_model(models_folder(folders), model);
  if (stored && stored->complete) return ModelChoice{false, stored->path};
  if (stored) {
    return fail(Error::Kind::not_found,
                fmt::format("the download of {0} has not ended: `anyclaude models pull {0}` goes "
                            "on with it",
                            model));
  }
  if (stored.error().kind == Error::Kind::invalid_request) return std::unexpected(stored.error());
  if (parse_model_name(model)) {
    return fail(Error::Kind::not_found,
                fmt::format("the model {0} is not on this machine: `anyclaude models pull {0}` "
                            "fetches it",
                            model));
  }
  return fail(Error::Kind::not_found,
              fmt::format("there is no model file {}, and none of that name in {} (--model takes "
                          "the path of a GGUF file, or a name of `anyclaude models ls`)",
                          model, models_folder(folders).string()));
}

}  // namespace anyclaude
