// Header fields of a request or a reply, in the order in which they came.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anyclaude {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// Header names and the like: ASCII letters are equal in any case.
bool equal_any_case(std::string_view a, std::string_view b);

// The first header of that name, any case; empty if there is none.
std::string find_header(const HttpHeaders& headers, std::string_view name);

}  // namespace anyclaude
