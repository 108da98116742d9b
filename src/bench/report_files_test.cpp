#include "bench/report_files.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "bench/report.h"
#include "fakes/bench_records.h"
#include "fakes/temporary_folder.h"

namespace anyclaude {
namespace {

std::string read(const std::filesystem::path& path) {
  return read_file(path, 16u << 20).value_or("");
}

TEST(ReportFiles, AreAllThere) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "below" / "report";
  ASSERT_TRUE(open_report_folder(path));
  EXPECT_TRUE(list_folder(path).empty());
  const Json results = results_json(two_servers());
  ASSERT_TRUE(write_report(path, results));
  EXPECT_EQ(list_folder(path).size(), 9u);
  for (const char* name : {"first-token", "tokens", "session"}) {
    EXPECT_TRUE(read(path / (std::string(name) + ".png")).starts_with("\x89PNG")) << name;
    EXPECT_NE(read(path / (std::string(name) + ".svg")).find("<svg"), std::string::npos) << name;
  }
  const auto again = parse_json(read(path / "results.json"), {});
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, results);
  // What is printed later from the file is what was printed first.
  EXPECT_EQ(read(path / "results.md"), markdown_report(*again));
  EXPECT_NE(read(path / "report.html").find("data:image/svg+xml;base64,"), std::string::npos);
}

TEST(ReportFiles, OverwriteNoReport) {
  const TemporaryFolder folder;
  ASSERT_TRUE(open_report_folder(folder.path())) << "an empty folder is as good as a new one";
  ASSERT_TRUE(write_report(folder.path(), results_json(two_servers())));
  const auto again = open_report_folder(folder.path());
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().message.find("--output"), std::string::npos);
}

TEST(ReportFiles, SayAtOnceWhereNoneCanBeWritten) {
  const TemporaryFolder folder;
  ASSERT_TRUE(write_file(folder.path() / "file", "x"));
  EXPECT_FALSE(open_report_folder(folder.path() / "file"));
  EXPECT_FALSE(open_report_folder(folder.path() / "file" / "below"));
}

}  // namespace
}  // namespace anyclaude
