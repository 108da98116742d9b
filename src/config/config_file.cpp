#include "config/config_file.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>

#include "base/file.h"

namespace anyclaude {
namespace {

constexpr size_t file_bytes_max = 1 << 20;

std::unexpected<Error> refuse(const std::filesystem::path& path, uint32_t line,
                              std::string_view why) {
  return fail(Error::Kind::invalid_request,
              fmt::format("{}, line {}: {}", path.string(), line, why));
}

// Of [[keys]] and [[models]], as the flags have them: NAME=KEY, NAME@GROUP=KEY, NAME=MODEL.
std::optional<std::string> text_of_table(const toml::table& table) {
  std::array<std::string, 3> fields;
  const std::string_view last = table.contains("model") ? "model" : "key";
  const std::array<std::string_view, 3> names = {"name", "group", last};
  for (const auto& [name, node] : table) {
    const auto field = std::ranges::find(names, name.str());
    const auto* text = node.as_string();
    if (field == names.end() || text == nullptr) return std::nullopt;
    // What separates the fields must not come from within.
    if (text->get().find_first_of(field == names.end() - 1 ? "," : ",=@") != std::string::npos) {
      return std::nullopt;
    }
    fields[static_cast<size_t>(field - names.begin())] = text->get();
  }
  const auto& [who, group, what] = fields;
  const bool nameless_model = last == "model" && who.empty() && group.empty();
  return nameless_model ? what : who + (group.empty() ? "" : "@" + group) + "=" + what;
}

std::optional<std::string> text_of(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* truth = node.as_boolean()) return truth->get() ? "true" : "false";
  const auto* list = node.as_array();
  if (list == nullptr) return std::nullopt;
  std::string joined;
  for (const auto& element : *list) {
    const auto* text = element.as_string();
    const auto* table = element.as_table();
    const auto value = text != nullptr    ? std::optional(text->get())
                       : table != nullptr ? text_of_table(*table)
                                          : std::nullopt;
    if (!value) return std::nullopt;
    joined += (joined.empty() ? "" : ",") + *value;
  }
  return joined;
}

}  // namespace

Result<std::vector<FileEntry>> read_config_file(const std::filesystem::path& path) {
  const auto text = read_file(path, file_bytes_max);
  if (!text && text.error().kind == Error::Kind::not_found) return std::vector<FileEntry>();
  if (!text) return std::unexpected(text.error());
  toml::table table;
  try {
    table = toml::parse(*text);
  } catch (const toml::parse_error& error) {
    return refuse(path, error.source().begin.line, error.description());
  }
  std::vector<FileEntry> entries;
  for (const auto& [key, node] : table) {
    const auto value = text_of(node);
    const uint32_t line = key.source().begin.line;
    if (!value) {
      return refuse(path, line,
                    fmt::format("{} must be a string, a whole number, true or false, or a "
                                "list of strings; [[keys]] have name, key and group, "
                                "[[models]] name and model",
                                key.str()));
    }
    entries.push_back({std::string(key.str()), *value, line});
  }
  std::sort(entries.begin(), entries.end(),
            [](const FileEntry& a, const FileEntry& b) { return a.line < b.line; });
  return entries;
}

}  // namespace anyclaude
