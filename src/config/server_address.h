// Where the servers of a mode listen, as users write it: one address, or several, separated by
// commas, each with its weight where they are not equal:
// "http://gpu1:8000/v1,http://gpu2:8000/v1#weight=2".
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/url.h"

namespace anyclaude {

struct ServerAddress {
  Url url;
  double weight = 1;  // 0: gets no new conversations
};

// Error::invalid_request says what is wrong; of no text there is no address.
Result<std::vector<ServerAddress>> parse_addresses(std::string_view text);

}  // namespace anyclaude
