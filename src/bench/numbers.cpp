#include "bench/numbers.h"

#include <fmt/format.h>

#include "base/units.h"

namespace anyclaude {

std::string seconds_text(double seconds) {
  const int digits = seconds < 1 ? 3 : seconds < 10 ? 2 : seconds < 100 ? 1 : 0;
  return fmt::format("{:.{}f}", seconds, digits);
}

std::string spread_text(const Json& spread) {
  const std::string median = seconds_text(spread["median"].get<double>());
  if (spread["count"].get<size_t>() < 2) return median;
  return fmt::format("{} ({}–{})", median, seconds_text(spread["least"].get<double>()),
                     seconds_text(spread["most"].get<double>()));
}

std::string count_text(const Json& count) {
  return count.is_number() ? print_count(count.get<uint64_t>()) : "?";
}

std::string reused_and_new_text(const Json& cell) {
  if (cell["reused_tokens"].is_number()) {
    return count_text(cell["reused_tokens"]) + " / " + count_text(cell["new_tokens"]);
  }
  return cell["prompt_tokens"].is_number() ? "? of " + count_text(cell["prompt_tokens"]) : "";
}

const Json* cell_of_server(const Json& row, size_t server) {
  for (const Json& cell : row["cells"]) {
    if (cell["server"].get<size_t>() == server) return &cell;
  }
  return nullptr;
}

}  // namespace anyclaude
