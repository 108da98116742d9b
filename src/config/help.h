// What --help prints, made from the table of settings.
#pragma once

#include <string>
#include <vector>

namespace anyclaude {

// The commands, what happens without one, and every setting with its default.
std::string help_text();

// The candidate that a mistyped word probably meant; empty if none is near.
std::string nearest(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace anyclaude
