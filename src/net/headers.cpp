#include "net/headers.h"

#include <strings.h>

namespace anyclaude {

bool equal_any_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string find_header(const HttpHeaders& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (equal_any_case(key, name)) return value;
  }
  return "";
}

}  // namespace anyclaude
