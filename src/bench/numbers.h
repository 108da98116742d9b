// Numbers of the report as text, the same in Markdown, HTML and charts.
#pragma once

#include <optional>
#include <string>

#include "protocol/json_text.h"

namespace anyclaude {

// Three digits or more: "0.123", "1.23", "12.3", "123".
std::string seconds_text(double seconds);

// "1.23 (1.20–1.31)"; without the range of one value.
std::string spread_text(const Json& spread);

// "15,012"; "?" for null: the server does not tell.
std::string count_text(const Json& count);

// "14,900 / 112"; empty where neither is told.
std::string reused_and_new_text(const Json& cell);

// The cell of that server in a row; null where there is none.
const Json* cell_of_server(const Json& row, size_t server);

}  // namespace anyclaude
