// What `serve` tells the user about reaching it.
#pragma once

#include <string>

#include "cli/api_key.h"

namespace anyclaude {

// A word that a POSIX shell reads as `text`.
std::string shell_word(const std::string& text);

// Where the server listens, where its key is, and lines to paste that set a client's environment.
// Never holds the key itself: the text ends up in logs and screenshots.
std::string connect_help(const std::string& base_url, const KeyChoice& key);

}  // namespace anyclaude
