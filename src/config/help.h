// What --help prints, made from the tables of commands and settings.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"

namespace anyclaude {

// The commands, what happens without one, and every setting with its default.
std::string help_text();

// The heading over the settings of a group.
std::string_view title_of(Setting::Group group);

// The candidate that a mistyped word probably meant; empty if none is near.
std::string nearest(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace anyclaude
