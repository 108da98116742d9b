// The folder that a bench leaves: results.json, results.md, report.html, and each chart as .svg and
// .png.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "protocol/json_text.h"

namespace anyclaude {

// Makes the folder, or takes one that is there. Error::invalid_request for one that has a report
// already, Error::io for one that cannot be made or written: asked before hours of measuring.
Result<void> open_report_folder(const std::filesystem::path& folder);

// Each file is whole or absent; results.json comes first.
Result<void> write_report(const std::filesystem::path& folder, const Json& results);

}  // namespace anyclaude
