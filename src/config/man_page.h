// The manual page, made from the same tables as --help.
#pragma once

#include <string>
#include <string_view>

namespace anyclaude {

// anyclaude(1), in the man(7) macros. `date`: of the version, as in 2026-11-28.
std::string man_page(std::string_view version, std::string_view date);

// Text as a page has it: what roff would take for itself, and what it would print as another
// character, is escaped; a line that begins like a request is none.
std::string roff(std::string_view text);

}  // namespace anyclaude
