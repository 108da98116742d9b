// What `anyclaude models` prints for scripts. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace anyclaude {

// A model in the models folder.
struct StoredModelReport {
  std::string name;        // as --model takes it
  std::string short_name;  // of the table of known models; may be empty
  std::string repository;  // of the hub, "owner/name"; empty: it came another way
  std::string path;        // of a split one the first part
  uint64_t bytes = 0;      // of all parts
  std::string quant;       // "Q4_K_M"; empty: the file's name does not tell
  std::string description;
  uint32_t context = 0;     // tokens that it was trained for; 0: not said
  bool complete = false;    // false: its download has not ended
  bool is_default = false;  // what a server takes that is started now
};

struct StoredModelList {
  std::string folder;
  std::vector<StoredModelReport> models;
};

// A model that can be pulled by a short name.
struct KnownModelReport {
  std::string name;
  std::string repository;
  std::string quant;
  uint64_t bytes = 0;  // about
  uint32_t memory_gb = 0;
  std::string description;
  bool stored = false;
};

struct KnownModelList {
  uint64_t memory_bytes = 0;  // of this machine
  std::vector<KnownModelReport> models;
};

struct PullReport {
  std::string name;  // as it was asked for
  std::string path;  // of a split model the first part
  uint64_t bytes = 0;
  uint64_t bytes_fetched = 0;  // now; 0: it was there
  uint32_t files = 0;
};

struct RemoveReport {
  std::string name;
  uint64_t bytes = 0;
  uint32_t files = 0;
};

std::string encode(const StoredModelList& list);
std::string encode(const KnownModelList& list);
std::string encode(const PullReport& report);
std::string encode(const RemoveReport& report);

}  // namespace anyclaude
