// Who answers, and who might: /api/mode, read back by `anyclaude mode`. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace anyclaude {

struct ServerReport {
  std::string mode;     // that it belongs to
  std::string name;     // the same; of several of a mode with a number
  std::string address;  // its URL, or what it computes with
  double weight = 1;    // among equals; 0: gets no new conversations
  bool open = false;    // asked, or loaded; else it is when its mode is chosen
  bool ready = false;
  bool failing = false;  // gets nothing for a while
  std::string what;      // why it is not ready
  std::string model;
  bool tools = false;  // shows them to its model; else they are told in words
  bool images = false;
  uint32_t context_tokens = 0;  // 0: unknown
  uint32_t in_flight = 0;
  uint32_t answers = 0;      // that the next two were learned from
  double first_token_s = 0;  // on the average
  double token_s = 0;        // of an answer
};

struct ModeReport {
  std::string mode;
  std::vector<std::string> modes;  // that can be chosen
  std::vector<ServerReport> servers;
};

struct ModeOrder {
  std::string mode;
  bool keep = true;  // also after a restart
};

std::string encode(const ModeReport& report);
std::string encode(const ModeOrder& order);
// Error::upstream if the text is no such report; members that are missing keep their default.
Result<ModeReport> decode_mode_report(const std::string& json);
// Error::invalid_request names the field at fault.
Result<ModeOrder> decode_mode_order(const std::string& json);

}  // namespace anyclaude
