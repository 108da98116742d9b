// The charts of the report, drawn from results.json (bench/record.h). Pure.
#pragma once

#include <string>
#include <vector>

#include "bench/canvas.h"
#include "protocol/json_text.h"

namespace anyclaude {

enum class Brightness { light, dark };

struct Chart {
  std::string name;   // of its files, without their ending
  std::string title;  // stands above it too
  std::string words;  // what it shows, for who cannot see it
  Picture picture;
};

// Servers that charts can tell apart by colour.
constexpr size_t chart_servers_max = 5;

// Those for which `results` has values. It must outlive them.
std::vector<Chart> make_charts(const Json& results, Brightness brightness);

}  // namespace anyclaude
