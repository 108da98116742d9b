// What a server tells of the requests it answers: those that run, those that have ended, what was
// saved, and what its log warned of. The bodies of /api/requests and /api/history, and parts of
// /api/events. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace anyclaude {

// Who asks, what for, and who answers. In JSON its fields stand among those of its request.
struct RequestNames {
  std::string id;
  std::string session;
  std::string agent;  // of a sub-agent
  std::string key;    // the name of the caller's API key
  std::string model;  // as the client named it
  std::string backend;
  std::string reason;  // why that one, where there was a choice
};

// A request that is being answered.
struct RunningReport {
  RequestNames names;
  std::string phase;  // "queued", "prefill", "decode"
  uint32_t prompt_tokens = 0;
  uint32_t prompt_tokens_done = 0;    // reused or computed
  uint32_t prompt_tokens_reused = 0;  // of these
  uint32_t output_tokens = 0;
  double seconds = 0;           // since it came
  std::optional<double> eta_s;  // until its prompt is computed; nothing: not known yet
  double tokens_per_s = 0;      // of its answer; 0: not known yet
};

struct RunningList {
  std::vector<RunningReport> requests;  // oldest first
};

// Tokens of a prompt by section (PromptAccount, protocol/chat.h).
struct SectionsReport {
  uint32_t tools = 0;
  uint32_t instructions = 0;
  uint32_t context = 0;
  uint32_t messages = 0;
};

// A request that has ended.
struct FinishedReport {
  uint64_t number = 0;  // of this server's run, ascending from 1
  RequestNames names;
  int64_t ended_s = 0;       // Unix time
  double seconds = 0;        // from its coming to its end
  double first_token_s = 0;  // 0: none came
  uint32_t prompt_tokens = 0;
  uint32_t prompt_tokens_reused = 0;
  uint32_t output_tokens = 0;
  std::string stop;   // as the Messages API has it, or "cancelled", "failed"
  std::string error;  // with "failed"
  std::optional<SectionsReport> sections;
  std::string new_from;  // PromptAccount::new_from
  std::string why;       // PromptAccount::reason
  double saved_s = 0;    // what its reused tokens would have taken, estimated
};

struct FinishedList {
  std::vector<FinishedReport> requests;
  uint64_t count = 0;  // of all that are kept
};

struct Saved {
  uint64_t requests = 0;
  uint64_t prompt_tokens = 0;
  uint64_t reused_tokens = 0;
  double saved_s = 0;
};

struct SavingsReport {
  Saved today;
  Saved all;
};

struct LogLine {
  uint64_t number = 0;  // ascending from 1
  int64_t time_s = 0;   // Unix time
  std::string level;    // "warning", "error"
  std::string text;
};

struct LogLines {
  std::vector<LogLine> lines;  // oldest first
};

std::string encode(const RunningList& list);
std::string encode(const FinishedList& list);
std::string encode(const SavingsReport& report);
std::string encode(const LogLines& lines);
std::string encode(const Saved& saved);

// Error::upstream if the text is none; members that are missing keep their default.
Result<RunningList> decode_running_list(const std::string& json);
Result<Saved> decode_saved(const std::string& json);

}  // namespace anyclaude
