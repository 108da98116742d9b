#include "base/paths.h"

#include <fmt/format.h>

namespace anyclaude {
namespace {

std::filesystem::path absolute_path_of(const Environment& environment, std::string_view name) {
  std::filesystem::path path = value_of(environment, name);
  return path.is_absolute() ? path : std::filesystem::path();
}

Result<std::filesystem::path> find_folder(const Environment& environment, std::string_view variable,
                                          std::string_view below_home) {
  if (const auto own = absolute_path_of(environment, variable); !own.empty()) {
    return own / "anyclaude";
  }
  const auto home = absolute_path_of(environment, "HOME");
  if (home.empty()) {
    return fail(Error::Kind::io,
                fmt::format("neither HOME nor {} names a folder; set one of them", variable));
  }
  return home / below_home / "anyclaude";
}

std::filesystem::path find_runtime_folder(const Environment& environment, uid_t user) {
  // `su` and containers leave the variable behind without the folder.
  const auto runtime = absolute_path_of(environment, "XDG_RUNTIME_DIR");
  std::error_code error;
  if (!runtime.empty() && std::filesystem::is_directory(runtime, error)) {
    return runtime / "anyclaude";
  }
  const auto temporary = absolute_path_of(environment, "TMPDIR");
  return (temporary.empty() ? "/tmp" : temporary) / fmt::format("anyclaude-{}", user);
}

}  // namespace

Result<Folders> find_folders(const Environment& environment, uid_t user) {
  Folders folders;
  folders.config = TRY(find_folder(environment, "XDG_CONFIG_HOME", ".config"));
  folders.cache = TRY(find_folder(environment, "XDG_CACHE_HOME", ".cache"));
  folders.state = TRY(find_folder(environment, "XDG_STATE_HOME", ".local/state"));
  folders.runtime = find_runtime_folder(environment, user);
  return folders;
}

}  // namespace anyclaude
