// Text in HTML and XML, between tags or in a quoted attribute.
#pragma once

#include <string>
#include <string_view>

namespace anyclaude {

std::string escape_markup(std::string_view text);

}  // namespace anyclaude
