#include "base/units.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>

namespace anyclaude {
namespace {

struct Unit {
  std::string_view name;
  uint64_t size;
};

constexpr uint64_t kibi = 1024;
constexpr uint64_t mebi = kibi * kibi;
constexpr uint64_t gibi = kibi * mebi;
constexpr uint64_t tebi = kibi * gibi;

template <size_t count>
std::optional<uint64_t> parse_with_unit(std::string_view text,
                                        const std::array<Unit, count>& units) {
  uint64_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(rest - text.data()));
  if (text.starts_with(' ')) text.remove_prefix(1);
  for (const Unit& unit : units) {
    if (unit.name != text) continue;
    if (number > std::numeric_limits<uint64_t>::max() / unit.size) return std::nullopt;
    return number * unit.size;
  }
  return std::nullopt;
}

}  // namespace

std::optional<uint64_t> parse_count(std::string_view text) {
  constexpr std::array<Unit, 5> units = {
      {{"", 1}, {"k", kibi}, {"K", kibi}, {"m", mebi}, {"M", mebi}}};
  return parse_with_unit(text, units);
}

std::optional<uint64_t> parse_bytes(std::string_view text) {
  constexpr std::array<Unit, 14> units = {{{"", 1},
                                           {"B", 1},
                                           {"K", kibi},
                                           {"M", mebi},
                                           {"G", gibi},
                                           {"T", tebi},
                                           {"KiB", kibi},
                                           {"MiB", mebi},
                                           {"GiB", gibi},
                                           {"TiB", tebi},
                                           {"kB", 1'000},
                                           {"MB", 1'000'000},
                                           {"GB", 1'000'000'000},
                                           {"TB", 1'000'000'000'000}}};
  return parse_with_unit(text, units);
}

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
  constexpr std::array<Unit, 5> units = {
      {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3'600}, {"d", 86'400}}};
  const auto seconds = parse_with_unit(text, units);
  // A hundred years, so that a duration can be added to any point in time.
  if (!seconds || *seconds > 100ull * 365 * 86'400) return std::nullopt;
  return std::chrono::seconds(*seconds);
}

std::string print_bytes(uint64_t bytes) {
  constexpr std::array<Unit, 4> units = {
      {{"TiB", tebi}, {"GiB", gibi}, {"MiB", mebi}, {"KiB", kibi}}};
  for (const Unit& unit : units) {
    if (bytes >= unit.size) {
      return fmt::format("{:.1f} {}", static_cast<double>(bytes) / static_cast<double>(unit.size),
                         unit.name);
    }
  }
  return fmt::format("{} B", bytes);
}

std::string print_duration(std::chrono::seconds duration) {
  const auto seconds = duration.count();
  if (seconds < 60) return fmt::format("{}s", seconds);
  if (seconds < 3'600) {
    return seconds % 60 == 0 ? fmt::format("{}m", seconds / 60)
                             : fmt::format("{}m {}s", seconds / 60, seconds % 60);
  }
  const auto minutes = seconds / 60;
  if (minutes % 60 == 0) return fmt::format("{}h", minutes / 60);
  return fmt::format("{}h {}m", minutes / 60, minutes % 60);
}

std::string print_count(uint64_t count) {
  std::string digits = std::to_string(count);
  for (size_t end = digits.size(); end > 3; end -= 3) digits.insert(end - 3, ",");
  return digits;
}

}  // namespace anyclaude
