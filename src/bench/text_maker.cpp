#include "bench/text_maker.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace anyclaude {
namespace {

using Words = std::string_view;

constexpr std::array<Words, 38> all_nouns = {
    "file",    "directory", "branch",  "commit",   "command", "output",  "path",   "pattern",
    "line",    "result",    "change",  "request",  "error",   "project", "module", "function",
    "test",    "setting",   "value",   "session",  "task",    "plan",    "report", "name",
    "folder",  "argument",  "process", "message",  "summary", "search",  "index",  "release",
    "package", "service",   "worker",  "schedule", "window",  "document"};
constexpr std::array<Words, 22> all_verbs = {
    "reads",     "writes",   "lists",     "replaces", "checks",   "creates",  "removes", "searches",
    "follows",   "reports",  "keeps",     "prints",   "compares", "collects", "starts",  "stops",
    "validates", "prepares", "describes", "returns",  "updates",  "limits"};
constexpr std::array<Words, 21> all_qualities = {
    "current", "absolute", "relative", "existing", "new",   "large",    "small",
    "exact",   "previous", "empty",    "hidden",   "local", "remote",   "temporary",
    "shared",  "required", "optional", "recent",   "quiet", "complete", "nested"};
constexpr std::array<Words, 8> all_openings = {"Usage notes", "When to use it",  "Limits",
                                               "Examples",    "Result",          "Safety",
                                               "Formatting",  "Before you begin"};
constexpr std::array<Words, 4> all_endings = {".cpp", ".h", ".py", ".md"};

// FNV-1a.
uint64_t hash_of(std::string_view text, uint64_t hash) {
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3;
  }
  return hash;
}

}  // namespace

TextMaker::TextMaker(uint64_t seed, std::string_view name)
    : random_(hash_of(name, 0xcbf29ce484222325 ^ (seed * 0x9e3779b97f4a7c15))) {}

std::string_view TextMaker::noun() { return pick(all_nouns); }

std::vector<std::string> TextMaker::nouns(size_t count) {
  auto left = all_nouns;
  count = std::min(count, left.size());
  std::vector<std::string> out;
  for (size_t at = 0; at < count; ++at) {
    std::swap(left[at], left[at + below(left.size() - at)]);
    out.emplace_back(left[at]);
  }
  return out;
}

std::string TextMaker::sentence() {
  const uint64_t form = below(6);
  const Words quality = pick(all_qualities);
  const Words first = noun();
  const Words second = noun();
  const Words third = noun();
  const Words verb = pick(all_verbs);
  switch (form) {
    case 0:
      return fmt::format("The {} {} {} the {} of each {}.", quality, first, verb, second, third);
    case 1:
      return fmt::format("Use the {} {} when a {} {} more than one {}.", quality, first, second,
                         verb, third);
    case 2:
      return fmt::format("If the {} is {}, it {} the {} and the {} stays as it is.", first, quality,
                         verb, second, third);
    case 3:
      return fmt::format("Never {} a {} {} before the {} {} it.", first, quality, second, third,
                         verb);
    case 4:
      return fmt::format("By default it {} up to {} of the {} {} entries in the {}.", verb,
                         2 + below(4'000), quality, first, second);
    default:
      return fmt::format("A {} with {} {} is reported once; the {} {} the rest.", first, quality,
                         second, third, verb);
  }
}

std::string TextMaker::prose(size_t bytes) {
  std::string out = sentence();
  while (out.size() < bytes) {
    const uint64_t kind = below(100);
    if (kind < 12) {
      out += fmt::format("\n\n## {}\n", pick(all_openings));
      out += sentence();
    } else if (kind < 50) {
      out += "\n- " + sentence();
    } else {
      out += (kind < 60 ? "\n\n" : " ") + sentence();
    }
  }
  return out;
}

std::string TextMaker::path() {
  std::string out = "src";
  for (uint64_t left = 1 + below(3); left > 0; --left) out += fmt::format("/{}", noun());
  return out + std::string(pick(all_endings));
}

std::string TextMaker::code(size_t bytes) {
  std::string out;
  for (size_t line = 1; line == 1 || out.size() < bytes; ++line) {
    const uint64_t form = below(4);
    const Words first = noun();
    const Words second = noun();
    const uint64_t number = below(100);
    out += fmt::format("{}{:6}\t{:{}}", line == 1 ? "" : "\n", line, "", 2 * below(3));
    if (form == 0) out += fmt::format("const auto {} = {}.size({});", first, second, number);
    if (form == 1) out += fmt::format("if ({} > {}) return {};", first, number, second);
    if (form == 2) out += fmt::format("{}.push_back({}[{}]);", first, second, number);
    if (form == 3) out += fmt::format("// The {} of a {}.", first, second);
  }
  return out;
}

}  // namespace anyclaude
