#include "bench/report_files.h"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "bench/charts.h"
#include "bench/report.h"

namespace anyclaude {
namespace {

constexpr double png_scale = 2;  // sharp on today's screens
constexpr std::string_view results_name = "results.json";

}  // namespace

Result<void> open_report_folder(const std::filesystem::path& folder) {
  std::error_code error;
  if (std::filesystem::exists(folder / results_name, error)) {
    return fail(
        Error::Kind::invalid_request,
        fmt::format("{} has a report already: name another folder with --output", folder.string()));
  }
  std::filesystem::create_directories(folder, error);
  if (error) {
    return fail(Error::Kind::io,
                fmt::format("cannot make the folder {}: {}", folder.string(), error.message()));
  }
  const auto probe = folder / ".writable";
  TRY_VOID(write_file(probe, ""));
  return remove_file(probe);
}

Result<void> write_report(const std::filesystem::path& folder, const Json& results) {
  const auto replace = Json::error_handler_t::replace;
  TRY_VOID(write_file(folder / results_name, results.dump(1, ' ', false, replace) + "\n"));
  TRY_VOID(write_file(folder / "results.md", markdown_report(results)));
  const std::vector<Chart> charts = make_charts(results, Brightness::light);
  const std::vector<Chart> dark = make_charts(results, Brightness::dark);
  std::vector<ReportChart> shown;
  for (size_t at = 0; at < charts.size(); ++at) {
    const Chart& chart = charts[at];
    const std::string svg = TRY(svg_of(chart.picture));
    const std::string png = TRY(png_of(chart.picture, png_scale));
    TRY_VOID(write_file(folder / (chart.name + ".svg"), svg));
    TRY_VOID(write_file(folder / (chart.name + ".png"), png));
    shown.push_back({chart.title, chart.words, svg, TRY(svg_of(dark[at].picture))});
  }
  return write_file(folder / "report.html", html_report(results, shown));
}

}  // namespace anyclaude
