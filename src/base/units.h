// Numbers as people write them: "32768" or "32k" tokens, "8GiB", "30m"; and back. Pure functions.
// The parsers return nothing for what is not such a number, is negative, or overflows.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace anyclaude {

// Decimal digits; "k" and "M" stand for 1,024 and 1,024 * 1,024, as context sizes are counted.
std::optional<uint64_t> parse_count(std::string_view text);

// Bytes: "K", "M", "G", "T" and "KiB" ... are powers of 1,024; "kB", "MB" ... of 1,000.
std::optional<uint64_t> parse_bytes(std::string_view text);

// "90s", "30m", "2h", "1d"; a number alone is seconds.
std::optional<std::chrono::seconds> parse_duration(std::string_view text);

std::string print_bytes(uint64_t bytes);                    // "93.8 MiB"
std::string print_duration(std::chrono::seconds duration);  // "2h 5m", "40s"
std::string print_count(uint64_t count);                    // "12,345"

}  // namespace anyclaude
