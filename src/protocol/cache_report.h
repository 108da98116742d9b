// What the server says of its cache and is asked to do with it: the bodies of /api/cache, read back
// by `anyclaude cache`, which also prints them for scripts. Pure functions.
//
// Decoding an order (what the server is sent): Error::invalid_request with the field at fault.
// Decoding a report (what it answers): Error::upstream if the text is no such thing; members that
// are missing keep their default.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace anyclaude {

struct TierReport {
  uint64_t bytes = 0;
  uint64_t bytes_max = 0;
  uint64_t pieces = 0;
  uint64_t tokens = 0;
};

struct CacheReport {
  std::string folder;  // of the files; empty: in memory only
  TierReport ram;
  TierReport disk;
  bool writes = false;  // what is new goes to the disk
  std::string problem;  // why it does not; empty: all is well
};

struct PromptReport {
  std::string id;       // 32 hexadecimal digits; a beginning that only one has will do
  std::string model;    // its name in the API
  std::string sharing;  // who may use it: "key NAME", "group NAME"; empty: the owner
  std::string words;    // the first of its user
  uint32_t tokens = 0;
  uint64_t bytes = 0;        // on the disk, with what it shares with others
  uint64_t bytes_alone = 0;  // without that: what would be freed
  bool in_ram = false;
  bool on_disk = false;
  bool imported = false;
  bool pinned = false;      // kept from being thrown out
  int64_t last_used_s = 0;  // Unix time
  uint32_t hits = 0;
};

constexpr uint64_t prompt_list_max = 10'000;  // that may be asked for at once

struct PromptList {
  std::vector<PromptReport> prompts;  // newest first
  uint64_t count = 0;                 // of all there are, also beyond the limit
};

struct VerifyReport {
  uint64_t pieces = 0;  // read so far
  uint64_t pieces_all = 0;
  uint64_t bytes = 0;
  uint64_t wrong = 0;  // deleted
  bool done = false;
};

// A stretch of prompts in which none parts from another, with what hangs on it (KvCache::Branch).
struct BranchReport {
  std::string id;      // 32 hexadecimal digits, those of a prompt where one ends here
  std::string parent;  // the id of the branch above; empty: it begins a prompt
  std::string model;
  std::string sharing;
  std::string words;
  uint32_t tokens = 0;         // its own
  uint32_t tokens_to_end = 0;  // from the beginning of the prompt
  uint64_t ram_bytes = 0;      // its own, as the next
  uint64_t disk_bytes = 0;
  uint64_t branch_bytes = 0;  // with all below it
  bool pinned = false;        // kept from being thrown out
  int64_t last_used_s = 0;    // Unix time
  uint32_t hits = 0;
  uint64_t below = 0;  // branches below it that are not in the list
};

constexpr uint64_t branch_list_max = 2'000;  // that may be asked for at once

struct BranchList {
  std::vector<BranchReport> nodes;  // the largest, parents before their children
};

struct PinOrder {
  std::string prompt;  // the id of a prompt or a branch; of a prompt its first digits will do
  bool pinned = true;
};

// What is thrown out: one prompt, one branch, or what is too much, or what is of a model and not
// used for long (both, where both are given). Only one of the four ways may be given.
struct PruneOrder {
  std::optional<uint64_t> disk_bytes_max;  // afterwards
  std::optional<int64_t> unused_since_s;   // Unix time
  std::string model;                       // its name; empty: of any
  std::string prompt;                      // its id; empty: none is meant
  std::string branch;                      // the same, with all that goes on from it
};

struct PruneReport {
  uint64_t bytes = 0;  // freed, in both tiers
};

struct ExchangeOrder {
  std::string prompt;  // the id, of an export
  std::string path;    // absolute
  std::string team_key;
  bool trust = false;     // of an import
  bool progress = false;  // the answer tells in lines how far it is, the last one what was done
};

struct ExchangeReport {
  std::string model;
  std::string sharing;
  std::string words;
  uint32_t tokens = 0;
  uint64_t bytes = 0;
  uint64_t pieces = 0;
  uint64_t pieces_new = 0;  // of an import: that were not there yet
};

// How far an export or import is, a line of the answer to an order that asked for it. The last one
// has either the report or why there is none.
struct ExchangeStep {
  uint64_t bytes = 0;
  uint64_t bytes_all = 0;  // about
  std::optional<ExchangeReport> report;
  std::string error;
};

std::string encode(const CacheReport& report);
std::string encode(const PromptList& list);
std::string encode(const VerifyReport& report);
std::string encode(const PruneOrder& order);
std::string encode(const PruneReport& report);
std::string encode(const ExchangeOrder& order);
std::string encode(const ExchangeReport& report);
std::string encode(const BranchList& list);
std::string encode(const PinOrder& order);
std::string encode(const ExchangeStep& step);

Result<CacheReport> decode_cache_report(const std::string& json);
Result<PromptList> decode_prompt_list(const std::string& json);
Result<VerifyReport> decode_verify_report(const std::string& json);
Result<PruneOrder> decode_prune_order(const std::string& json);
Result<PruneReport> decode_prune_report(const std::string& json);
Result<ExchangeOrder> decode_exchange_order(const std::string& json);
Result<ExchangeReport> decode_exchange_report(const std::string& json);
Result<PinOrder> decode_pin_order(const std::string& json);
Result<ExchangeStep> decode_exchange_step(const std::string& json);

}  // namespace anyclaude
