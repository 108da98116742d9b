#include "config/server_address.h"

#include <fmt/format.h>

#include <optional>

#include "base/units.h"

namespace anyclaude {
namespace {

constexpr size_t addresses_max = 256;
constexpr uint64_t weight_max = 1'000;

Result<ServerAddress> parse_address(std::string_view text) {
  constexpr std::string_view weight_name = "weight=";
  ServerAddress address;
  const size_t hash = text.find('#');
  if (hash != std::string_view::npos) {
    const std::string_view extra = text.substr(hash + 1);
    const auto weight = extra.starts_with(weight_name)
                            ? parse_count(extra.substr(weight_name.size()))
                            : std::nullopt;
    if (!weight || *weight > weight_max) {
      return fail(Error::Kind::invalid_request,
                  fmt::format("behind # stands weight= and a number up to {}, not '{}'", weight_max,
                              extra));
    }
    address.weight = static_cast<double>(*weight);
  }
  address.url = TRY(parse_url(text.substr(0, hash)));
  return address;
}

}  // namespace

Result<std::vector<ServerAddress>> parse_addresses(std::string_view text) {
  std::vector<ServerAddress> addresses;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    std::string_view one = text.substr(0, comma);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    one.remove_prefix(std::min(one.find_first_not_of(' '), one.size()));
    addresses.push_back(TRY(parse_address(one)));
    if (addresses.size() > addresses_max) {
      return fail(Error::Kind::invalid_request,
                  fmt::format("there are more than {} addresses", addresses_max));
    }
  }
  return addresses;
}

}  // namespace anyclaude
