#include "bench/charts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "bench/numbers.h"
#include "fakes/bench_records.h"

namespace anyclaude {
namespace {

// Notes what is drawn. Each letter is as wide as half its height.
class NotingCanvas final : public Canvas {
 public:
  void fill(double x, double y, double width, double height, Colour colour) override {
    EXPECT_GE(width, 0);
    EXPECT_GE(height, 0);
    reach(x + width, y + height);
    fills.push_back({x, y, width, height, colour});
  }
  void line(double x1, double y1, double x2, double y2, double, Colour) override {
    reach(std::max(x1, x2), std::max(y1, y2));
  }
  void text(double x, double y, std::string_view text, const TextStyle& style) override {
    const double width = width_of(text, style);
    reach(x + (style.align == TextStyle::Align::left     ? width
               : style.align == TextStyle::Align::middle ? width / 2
                                                         : 0),
          y);
    texts.emplace_back(text);
  }
  double width_of(std::string_view text, const TextStyle& style) override {
    return static_cast<double>(text.size()) * style.size / 2;
  }
  bool says(const std::string& words) const {
    return std::ranges::find(texts, words) != texts.end();
  }

  struct Fill {
    double x, y, width, height;
    Colour colour;
  };
  std::vector<Fill> fills;
  std::vector<std::string> texts;
  double right = 0;
  double bottom = 0;

 private:
  void reach(double x, double y) {
    right = std::max(right, x);
    bottom = std::max(bottom, y);
  }
};

NotingCanvas drawn(const Chart& chart) {
  NotingCanvas canvas;
  chart.picture.draw(canvas);
  return canvas;
}

TEST(Charts, StayWithinTheirPicture) {
  BenchRecord record = two_servers(std::string(300, 'w'));
  for (const Brightness brightness : {Brightness::light, Brightness::dark}) {
    const Json results = results_json(record);
    const auto charts = make_charts(results, brightness);
    ASSERT_EQ(charts.size(), 3u);
    for (const Chart& chart : charts) {
      const NotingCanvas canvas = drawn(chart);
      EXPECT_LE(canvas.right, chart.picture.width) << chart.name;
      EXPECT_LE(canvas.bottom, chart.picture.height) << chart.name;
      EXPECT_TRUE(svg_of(chart.picture)) << chart.name;
      EXPECT_TRUE(png_of(chart.picture, 1)) << chart.name;
    }
  }
}

TEST(Charts, ShowTheNumbersOfTheJson) {
  const Json results = results_json(two_servers());
  const auto charts = make_charts(results, Brightness::light);
  const NotingCanvas times = drawn(charts.at(0));
  for (const Json& row : results["rows"]) {
    EXPECT_TRUE(times.says(row["title"].get<std::string>()));
    for (const Json& cell : row["cells"]) {
      const double median = cell["first_s"]["median"].get<double>();
      EXPECT_TRUE(times.says(seconds_text(median) + " s")) << median;
    }
  }
  EXPECT_TRUE(times.says("not measured")) << "the rival's restart";
  const NotingCanvas tokens = drawn(charts.at(1));
  for (const Json& request : results["requests"]) {
    if (request["round"] != 1) continue;
    EXPECT_TRUE(tokens.says(count_text(request["new_tokens"])));
  }
  const NotingCanvas session = drawn(charts.at(2));
  // 2.15 + 9 * 0.2, and 2.15 for 1,000 tokens of 14,500.
  EXPECT_TRUE(session.says("3.95 s"));
  EXPECT_TRUE(session.says("31.2 s"));
}

TEST(Charts, DrawLengthsThatAreTheValues) {
  const Json results = results_json(two_servers());
  const auto charts = make_charts(results, Brightness::light);
  // Of the own server, whose colour nothing else has: cold 2.15 s, then 0.2 s.
  std::vector<NotingCanvas::Fill> bars;
  for (const auto& fill : drawn(charts.at(0)).fills) {
    if (fill.colour == 0x0072b2) bars.push_back(fill);
  }
  ASSERT_GE(bars.size(), 2u);
  EXPECT_NEAR(bars[0].width / bars[1].width, 2.15 / 0.2, 0.01);
}

TEST(Charts, LeaveOutWhatHasNoValues) {
  BenchRecord record = two_servers();
  record.requests.resize(2);  // one cold answer of each
  for (MeasuredRequest& request : record.requests) request.measured.tokens = {};
  const Json results = results_json(record);
  const auto charts = make_charts(results, Brightness::light);
  ASSERT_EQ(charts.size(), 2u);
  EXPECT_EQ(charts[0].name, "first-token");
  EXPECT_EQ(charts[1].name, "session");
  record.requests.clear();
  EXPECT_TRUE(make_charts(results_json(record), Brightness::light).empty());
}

}  // namespace
}  // namespace anyclaude
