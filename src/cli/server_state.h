// What a running server leaves in the runtime folder so that others find it: who it is, where it
// listens and the nonce by which it proves to be the one. One file a port, 0600.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace anyclaude {

struct ServerState {
  pid_t process = 0;
  std::string host;   // as bound
  uint16_t port = 0;  // as bound, never 0
  std::string nonce;  // never leaves this machine's runtime folder; see nonce_proof (api/auth.h)
  int64_t started_s = 0;                 // since the epoch
  std::string model;                     // its path, or "none"
  std::vector<std::string> more_models;  // paths of those that are loaded on demand
  std::string version;
  std::vector<std::string> settings;  // Config::engine_settings
  // What the engine chose, once the model is loaded: EmbeddedBackend::report.
  std::vector<std::pair<std::string, std::string>> report;
};

std::string encode_state(const ServerState& state);
Result<ServerState> decode_state(std::string_view text);

std::filesystem::path state_file(const std::filesystem::path& runtime, uint16_t port);

// The states of the servers on that port, or on any if it is 0. Files of processes that are gone,
// or that hold no state, are removed on the way. Says nothing about who really listens there.
std::vector<ServerState> read_states(const std::filesystem::path& runtime, uint16_t port);

Result<void> write_state(const std::filesystem::path& runtime, const ServerState& state);

// Removes the file if it is still this server's.
void remove_state(const std::filesystem::path& runtime, const ServerState& state);

}  // namespace anyclaude
