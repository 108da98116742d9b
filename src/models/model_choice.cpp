#include "models/model_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

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

Result<std::vector<NamedFile>> choose_more_models(const MoreModels& more,
                                                  const std::filesystem::path& first,
                                                  const Folders& folders) {
  std::vector<NamedFile> all;
  const auto add = [&](std::string name, const std::filesystem::path& path) -> Result<void> {
    if (name.empty()) name = model_stem(path.filename().string());
    if (std::ranges::find(all, name, &NamedFile::name) != all.end()) {
      return fail(Error::Kind::invalid_request,
                  fmt::format("models: two are called '{0}'; name one of them otherwise: "
                              "OTHER={1}",
                              name, path.string()));
    }
    all.push_back({std::move(name), path, model_bytes(path)});
    return {};
  };
  for (const NamedModel& one : more.models) {
    const auto choice = choose_model(one.model, folders);
    if (!choice) return fail(choice.error().kind, "models: " + choice.error().message);
    TRY_VOID(add(one.name, choice->path));
  }
  if (!more.all) return all;
  for (const StoredModel& stored : list_models(models_folder(folders))) {
    const bool known =
        stored.path == first || std::ranges::find(all, stored.path, &NamedFile::path) != all.end();
    if (stored.complete && !known) TRY_VOID(add({}, stored.path));
  }
  return all;
}

uint64_t model_bytes(const std::filesystem::path& first_file) {
  const std::string stem = path_stem(first_file.string());
  uint64_t bytes = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(first_file.parent_path(), error)) {
    std::error_code gone;
    if (path_stem(entry.path().string()) != stem) continue;
    const uint64_t size = entry.is_regular_file(gone) ? entry.file_size(gone) : 0;
    if (!gone) bytes += size;
  }
  return bytes;
}

}  // namespace anyclaude
