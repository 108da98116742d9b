#include "bench/report.h"

#include <gtest/gtest.h>

#include "base/markup.h"
#include "bench/numbers.h"
#include "fakes/bench_records.h"

namespace anyclaude {
namespace {

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Numbers, HaveThreeDigits) {
  EXPECT_EQ(seconds_text(0.12345), "0.123");
  EXPECT_EQ(seconds_text(1.2345), "1.23");
  EXPECT_EQ(seconds_text(12.345), "12.3");
  EXPECT_EQ(seconds_text(123.45), "123");
  EXPECT_EQ(count_text(Json()), "?");
  EXPECT_EQ(count_text(Json(12'345)), "12,345");
}

TEST(Report, ShowsTheNumbersOfTheJsonInBothForms) {
  const Json results = results_json(two_servers());
  const std::string markdown = markdown_report(results);
  const std::string html = html_report(results, {});
  size_t cells = 0;
  for (const Json& row : results["rows"]) {
    std::string line = "| " + escape_markdown(row["title"].get<std::string>()) + " |";
    std::string html_line = "<tr><td>" + escape_markup(row["title"].get<std::string>()) + "</td>";
    for (size_t server = 0; server < 2; ++server) {
      const Json* cell = cell_of_server(row, server);
      if (cell) ++cells;
      line +=
          cell ? " " + spread_text((*cell)["first_s"]) + " | " + reused_and_new_text(*cell) + " |"
               : " not measured | |";
      html_line += cell ? "<td>" + spread_text((*cell)["first_s"]) + "<small>" +
                              reused_and_new_text(*cell) + "</small></td>"
                        : "<td>not measured</td>";
    }
    EXPECT_TRUE(holds(markdown, line + "\n")) << line << "\nin\n" << markdown;
    EXPECT_TRUE(holds(html, html_line + "</tr>")) << html_line;
  }
  EXPECT_EQ(cells, 11u);
  // As they read.
  EXPECT_TRUE(holds(markdown,
                    "| Cold first answer | 2.15 (2.10–2.20) | 0 / 1,000 | 2.15 "
                    "(2.10–2.20) | ? of 1,000 |"))
      << markdown;
  EXPECT_TRUE(holds(markdown,
                    "| First answer after a restart | 0.300 (0.300–0.300) | 1,900 / 100 "
                    "| not measured | |"))
      << markdown;
  EXPECT_TRUE(
      holds(html, "<td>0.2000</td><td>0.2100</td><td>1,100</td><td>1,000</td><td>100</td>"));
}

TEST(Report, TellsWhatItWasMeasuredOn) {
  const std::string markdown = markdown_report(results_json(two_servers()));
  for (const char* words :
       {"anyclaude 1.2.3 on Some Processor, 8 cores, 16.0 GiB", "2 rounds", "about 1,000 tokens",
        "model local-some", "a context of 8,192 tokens"}) {
    EXPECT_TRUE(holds(markdown, words)) << words << "\n" << markdown;
  }
}

const std::string evil = "<script>alert(1)</script>|\"'&\n[x](y) `z`\\";

TEST(Report, MakesNoMarkupOfNames) {
  BenchRecord record = two_servers(evil);
  record.servers[0].model = evil;
  record.machine.processor = evil;
  record.settings = {evil};
  record.notes = {evil};
  const Json results = results_json(record);
  const std::string html = html_report(results, {{evil, evil, "<svg/>", "<svg/>"}});
  EXPECT_FALSE(holds(html, "<script"));
  EXPECT_FALSE(holds(html, "alt=\"<"));
  EXPECT_TRUE(holds(html, "&lt;script&gt;alert(1)&lt;/script&gt;|&quot;&#39;&amp;"));
  const std::string markdown = markdown_report(results);
  EXPECT_FALSE(holds(markdown, "<script"));
  EXPECT_FALSE(holds(markdown, "[x](y)"));
  // Each row has as many cells as the head.
  size_t head_bars = 0;
  std::string line;
  for (const char c : markdown) {
    if (c != '\n') {
      line += c;
      continue;
    }
    if (line.starts_with("|")) {
      size_t bars = 0;
      for (size_t at = 0; at < line.size(); ++at) {
        if (line[at] == '|' && (at == 0 || line[at - 1] != '\\')) ++bars;
      }
      if (head_bars == 0) head_bars = bars;
      EXPECT_EQ(bars, head_bars) << line;
    }
    line.clear();
  }
  EXPECT_EQ(head_bars, 6u);
}

TEST(Report, NeedsNothingFromElsewhere) {
  const Json results = results_json(two_servers());
  const std::string html = html_report(results, {{"A chart", "Words", "<svg>1</svg>", "<svg>2"}});
  EXPECT_TRUE(holds(html, "default-src 'none'"));
  for (const char* outside : {"src=\"http", "href=", "url(", "@import", "<script", "<link"}) {
    EXPECT_FALSE(holds(html, outside)) << outside;
  }
  EXPECT_TRUE(holds(html, "src=\"data:image/svg+xml;base64,PHN2Zz4xPC9zdmc+\"")) << html;
  EXPECT_TRUE(holds(html, "srcset=\"data:image/svg+xml;base64,PHN2Zz4y\"")) << html;
  EXPECT_TRUE(holds(html, "prefers-color-scheme: dark"));
}

}  // namespace
}  // namespace anyclaude
