#include "models/models_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/file.h"
#include "base/files.h"
#include "models/model_name.h"
#include "models/model_pull.h"

namespace anyclaude {
namespace {

namespace fs = std::filesystem;

constexpr int depth_most = 6;  // OWNER/NAME and what a repository may have below it
constexpr size_t files_most = 10'000;

// "owner/name" of a path below the folder, and what remains.
std::pair<std::string, std::string> split_repository(const fs::path& below) {
  std::vector<std::string> names;
  for (const auto& name : below) names.push_back(name.string());
  if (names.size() < 3) return {{}, below.string()};
  const std::string repository = names[0] + "/" + names[1];
  return {repository, below.string().substr(repository.size() + 1)};
}

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied,
                                         error);
  const fs::recursive_directory_iterator end;
  for (; !error && entry != end && found.size() < files_most; entry.increment(error)) {
    std::error_code ignored;
    if (entry.depth() >= depth_most) entry.disable_recursion_pending();
    if (entry->is_regular_file(ignored)) found.push_back(entry->path());
  }
  std::ranges::sort(found);
  return found;
}

std::string full_name(const StoredModel& model) {
  return model.repository.empty() ? model.stem + ".gguf"
                                  : fmt::format("{}/{}.gguf", model.repository, model.stem);
}

}  // namespace

fs::path models_folder(const Folders& folders) { return folders.cache / "models"; }

std::vector<StoredModel> list_models(const fs::path& folder) {
  std::map<std::string, StoredModel> models;  // by the path without extension and part numbers
  std::map<std::string, std::set<std::string>> complete_parts;
  for (const fs::path& path : files_below(folder)) {
    const std::string unfinished = file_of_part(path.filename().string());
    const fs::path file = unfinished.empty() ? path : path.parent_path() / unfinished;
    if (!is_model_file(file.string())) continue;
    const std::string key = path_stem(file.string());
    StoredModel& model = models[key];
    if (model.files.empty()) {
      const auto [repository, below] = split_repository(file.lexically_relative(folder));
      model.name = model_stem(below);
      model.repository = repository;
      model.stem = path_stem(below);
      model.path = file;
    }
    model.path = std::min(model.path, file);  // the first part
    model.files.push_back(path);
    std::error_code gone;
    const uint64_t bytes = fs::file_size(path, gone);
    if (!gone) model.bytes += bytes;
    if (unfinished.empty()) complete_parts[key].insert(file.string());
    model.complete = complete_parts[key].size() == part_number(file.string()).parts;
  }
  std::vector<StoredModel> list;
  for (auto& [key, model] : models) list.push_back(std::move(model));
  return list;
}

Result<StoredModel> find_stored_model(const fs::path& folder, const std::string& name) {
  std::vector<StoredModel> fitting = list_models(folder);
  if (const auto hub_name = parse_model_name(name)) {
    std::erase_if(fitting, [&](const auto& one) { return one.repository != hub_name->repository; });
    std::vector<std::string> stems;
    for (const StoredModel& model : fitting) stems.push_back(model.stem);
    const std::string stem = TRY(choose_stem(*hub_name, stems));
    std::erase_if(fitting, [&](const auto& one) { return one.stem != stem; });
  } else {
    std::erase_if(fitting, [&](const auto& one) {
      return one.name != name && one.name + ".gguf" != name && one.path.filename() != name;
    });
  }
  if (fitting.size() == 1) return std::move(fitting.front());
  if (fitting.empty()) {
    return fail(Error::Kind::not_found,
                fmt::format("there is no model '{}' in {}; `anyclaude models ls` shows what is",
                            name, folder.string()));
  }
  std::string names;
  for (const StoredModel& model : fitting) names += " " + full_name(model);
  return fail(Error::Kind::invalid_request,
              fmt::format("several models are called '{}'; say which:{}", name, names));
}

Result<void> remove_stored_model(const fs::path& folder, const StoredModel& model) {
  const fs::path lock_path = pull_lock(model.path);
  const auto lock = TRY(real_files().try_lock(lock_path));
  if (!lock) {
    return fail(Error::Kind::overloaded,
                fmt::format("{} is being pulled; end that first", model.name));
  }
  for (const fs::path& file : model.files) TRY_VOID(remove_file(file));
  TRY_VOID(remove_file(lock_path));
  std::error_code not_empty;
  for (fs::path at = model.path.parent_path(); at != folder && at.has_relative_path();
       at = at.parent_path()) {
    if (!fs::remove(at, not_empty)) break;
  }
  return {};
}

}  // namespace anyclaude
