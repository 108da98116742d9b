// What `anyclaude cache` says to people. Pure functions; each ends with a newline.
#pragma once

#include <cstdint>
#include <string>

#include "protocol/cache_report.h"

namespace anyclaude {

std::string stats_text(const CacheReport& report, const std::string& where);

// A table, one prompt a line.
std::string prompts_text(const PromptList& list, int64_t now_s);

std::string verify_text(const VerifyReport& report);
std::string pin_text(const PinOrder& order);
std::string prune_text(const PruneReport& report);
std::string export_text(const ExchangeReport& report, const std::string& file, bool is_signed);
std::string import_text(const ExchangeReport& report);

}  // namespace anyclaude
