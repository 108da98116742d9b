// The process's environment as a value, so that what depends on it can be tested without touching
// it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace anyclaude {

using Environment = std::map<std::string, std::string, std::less<>>;

// A copy of this process's environment. Not thread-safe against setenv, which nothing here calls.
Environment read_environment();

// The variable's value; empty if it is unset. An empty variable counts as unset everywhere.
std::string_view value_of(const Environment& environment, std::string_view name);

// As execve wants it: "NAME=value", sorted by name.
std::vector<std::string> entries_of(const Environment& environment);

}  // namespace anyclaude
