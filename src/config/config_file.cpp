#include "config/config_file.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>

#include "base/file.h"

namespace anyclaude {
namespace {

constexpr size_t file_bytes_max = 1 << 20;

std::unexpected<Error> refuse(const std::filesystem::path& path, uint32_t line,
                              std::string_view why) {
  return fail(Error::Kind::invalid_request,
              fmt::format("{}, line {}: {}", path.string(), line, why));
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
    if (text == nullptr) return std::nullopt;
    joined += (joined.empty() ? "" : ",") + text->get();
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
                    fmt::format("{} must be a string, a whole number, true or false", key.str()));
    }
    entries.push_back({std::string(key.str()), *value, line});
  }
  std::sort(entries.begin(), entries.end(),
            [](const FileEntry& a, const FileEntry& b) { return a.line < b.line; });
  return entries;
}

}  // namespace anyclaude
