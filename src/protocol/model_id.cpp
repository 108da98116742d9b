#include "protocol/model_id.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

namespace anyclaude {
namespace {

constexpr std::string_view prefix = "local-";

}  // namespace

std::string model_id_of_name(std::string_view name) {
  std::string id(name.starts_with(prefix) ? "" : prefix);
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool kept = std::isalnum(byte) || c == '-' || c == '.';
    id += kept ? static_cast<char>(std::tolower(byte)) : '-';
  }
  return id;
}

std::string model_id_of_file(std::string_view path) {
  return model_id_of_name(std::filesystem::path(path).stem().string());
}

bool names_small_model(std::string_view model) {
  constexpr std::string_view word = "haiku";
  const auto same = [](unsigned char a, char b) { return std::tolower(a) == b; };
  return !std::ranges::search(model, word, same).empty();
}

}  // namespace anyclaude
