#include "cli/connect_help.h"

#include <fmt/format.h>

namespace anyclaude {

std::string shell_word(const std::string& text) {
  std::string word = "'";
  for (const char c : text) {
    if (c == '\'') {
      word += "'\\''";
    } else {
      word += c;
    }
  }
  return word + "'";
}

std::string connect_help(const std::string& base_url, const KeyChoice& key) {
  std::string where;
  std::string token;
  if (key.secret.empty()) {
    where = "It asks for no key (--no-auth).";
    token = "none";
  } else if (key.file.empty()) {
    where = "Its key is the one you have set (ANYCLAUDE_API_KEY, --api-key or api_key).";
    token = "\"$ANYCLAUDE_API_KEY\"";
  } else {
    where = fmt::format("Its key is in {}.", key.file.string());
    token = fmt::format("\"$(cat {})\"", shell_word(key.file.string()));
  }
  return fmt::format(
      "anyclaude listens on {}\n"
      "{} `anyclaude` in another terminal runs Claude Code on it;\n"
      "other clients take these lines:\n"
      "  export ANTHROPIC_BASE_URL={}\n"
      "  export ANTHROPIC_AUTH_TOKEN={}\n",
      base_url, where, base_url, token);
}

}  // namespace anyclaude
