// One stored prompt as one file, to be carried to another machine: computed once, used by a team.
//
//   header   "ANYKVEXP", version (4 bytes), 1 where it is signed (1), fingerprint (16), length of
//            the note (1), note
//   piece    1 (1), head and payload as on the disk (kv/piece_file.h): ranges by begin, then points
//   ...
//   end      0 (1)
//
// Each of these is followed by a mac of 32 bytes: HMAC-SHA256, by the team's key, of the mac before
// it (at first: zeros) and its own bytes; zeros without a key. So each mac vouches for all that is
// in front of it, and a piece can be checked when it is read. What is imported are bytes that
// nobody can check otherwise: a wrong piece gives wrong answers. So a file without a mac is taken
// only with `trust`, and what came from any stays marked as imported.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/files.h"
#include "base/result.h"
#include "kv/cache.h"

namespace anyclaude {

struct Exchanged {
  Fingerprint fingerprint;
  std::string note;
  uint64_t pieces = 0;
  uint64_t pieces_new = 0;  // of an import: that were not there yet
  uint64_t bytes = 0;       // of payloads
  uint32_t tokens = 0;
};

// Hears with each piece how much is done, of about how much.
using ExchangeProgress = std::function<void(uint64_t bytes, uint64_t bytes_all)>;

// Writes the prompt of a listed conversation to a new file; none is left behind where that fails.
// Waits for the disk. `team_key` may be empty.
Result<Exchanged> export_prompt(KvCache& cache, const PieceKey& key, Files& files,
                                const std::filesystem::path& path, const std::string& team_key,
                                const ExchangeProgress& progress = {});

struct ImportOptions {
  std::string team_key;  // empty: none
  bool trust = false;    // takes what the key does not vouch for: a file or a reader without one
  std::optional<Fingerprint> fingerprint;  // others are refused
};
// Checks the whole file before it stores anything. What is there already stays. A file that the key
// does not fit is refused (permission), also with `trust`.
Result<Exchanged> import_prompt(KvCache& cache, Files& files, const std::filesystem::path& path,
                                const ImportOptions& options,
                                const ExchangeProgress& progress = {});

}  // namespace anyclaude
