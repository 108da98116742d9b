#include "bench/charts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "bench/numbers.h"

namespace anyclaude {
namespace {

struct Theme {
  Colour background;
  Colour text;
  Colour muted;
  Colour grid;
  // After Okabe and Ito: told apart also by those who see fewer colours, and by their lightness.
  std::array<Colour, chart_servers_max> servers;
  Colour fresh;                // tokens that were computed
  Colour reused;               // and those that were not
  std::array<Colour, 2> anew;  // in turns
};

constexpr Theme light = {0xffffff,
                         0x1a1a1a,
                         0x5c5c5c,
                         0xdddddd,
                         {0x0072b2, 0xd98200, 0x009e73, 0xa8508a, 0x4d4d4d},
                         0xc74a00,
                         0x9ccbe8,
                         {0x666666, 0x808080}};
constexpr Theme dark = {0x16181c,
                        0xededed,
                        0xa8adb5,
                        0x3a3e45,
                        {0x4aa8e0, 0xf0a93a, 0x2fc79a, 0xe096c8, 0xb5b5b5},
                        0xf0803c,
                        0x2f6f9c,
                        {0x707680, 0x8b919b}};

constexpr double width = 960;
constexpr double margin = 24;
constexpr double title_height = 62;
constexpr double label_width = 190;
constexpr double bar_height = 18;
constexpr double plot_left = margin + label_width + 10;

Colour server_colour(const Theme& theme, size_t server) {
  return theme.servers[server % theme.servers.size()];
}

std::string server_name(const Json& results, size_t server) {
  return results["servers"][server]["name"].get<std::string>();
}

void draw_head(Canvas& canvas, const Theme& theme, double height, std::string_view title,
               std::string_view below) {
  canvas.fill(0, 0, width, height, theme.background);
  canvas.text(margin, 30, title, {.size = 18, .colour = theme.text, .bold = true});
  canvas.text(margin, 50, below, {.size = 12, .colour = theme.muted});
}

// 1, 2 or 5 times a power of ten, so that about `count` steps make up `most`.
double axis_step(double most, int count) {
  const double rough = std::max(most, 1e-3) / count;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough) return factor * power;
  }
  return 10 * power;
}

std::string axis_text(double value, double step) {
  const int digits = std::max(0, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)));
  return fmt::format("{:.{}f}", value, digits);
}

// Vertical lines with their seconds below, from `top` to `bottom`.
void draw_time_axis(Canvas& canvas, const Theme& theme, double top, double bottom, double most,
                    double pixels_each) {
  const double step = axis_step(most, 6);
  for (int tick = 0; tick * step <= most * 1.0001; ++tick) {
    const double x = plot_left + tick * step * pixels_each;
    canvas.line(x, top, x, bottom, 1, theme.grid);
    canvas.text(x, bottom + 16, axis_text(tick * step, step) + " s",
                {.size = 11, .colour = theme.muted, .align = TextStyle::Align::middle});
  }
}

// ---- Time to the first token --------------------------------------------------------------------

class TimesChart {
 public:
  TimesChart(const Json& results, const Theme& theme) : results_(results), theme_(theme) {
    for (const Json& row : results["rows"]) {
      rows_.push_back(&row);
      for (const Json& cell : row["cells"]) {
        most_ = std::max(most_, cell["first_s"]["most"].get<double>());
      }
    }
    height_ = title_height + static_cast<double>(rows_.size()) * group_height() + 40;
  }

  double height() const { return height_; }

  void draw(Canvas& canvas) const {
    draw_head(canvas, theme_, height_, "Time to the first token",
              "Median; the thin line reaches from the least to the most. Shorter is better.");
    const double pixels_each = (width - plot_left - 150) / std::max(most_, 1e-3);
    const double bottom = height_ - 36;
    draw_time_axis(canvas, theme_, title_height, bottom, most_, pixels_each);
    double y = title_height;
    for (const Json* row : rows_) {
      draw_row(canvas, *row, y, pixels_each);
      y += group_height();
    }
  }

 private:
  size_t servers() const { return results_["servers"].size(); }
  double group_height() const { return 28 + static_cast<double>(servers()) * (bar_height + 4) + 8; }

  void draw_row(Canvas& canvas, const Json& row, double y, double pixels_each) const {
    const TextStyle title{.size = 13, .colour = theme_.text, .bold = true};
    const std::string words = row["title"].get<std::string>();
    canvas.fill(margin, y + 4, canvas.width_of(words, title) + 8, 20, theme_.background);
    canvas.text(margin, y + 20, words, title);
    y += 28;
    for (size_t server = 0; server < servers(); ++server) {
      draw_bar(canvas, cell_of_server(row, server), server, y, pixels_each);
      y += bar_height + 4;
    }
  }

  void draw_bar(Canvas& canvas, const Json* cell, size_t server, double y,
                double pixels_each) const {
    const TextStyle label{.size = 12, .colour = theme_.text, .align = TextStyle::Align::right};
    const double base = y + bar_height - 5;
    canvas.text(plot_left - 10, base,
                fitting(canvas, server_name(results_, server), label, label_width), label);
    if (!cell) {
      canvas.text(plot_left + 6, base, "not measured", {.size = 12, .colour = theme_.muted});
      return;
    }
    const Json& spread = (*cell)["first_s"];
    const double median = spread["median"].get<double>() * pixels_each;
    const double least = spread["least"].get<double>() * pixels_each;
    const double most = spread["most"].get<double>() * pixels_each;
    canvas.fill(plot_left, y, std::max(1.5, median), bar_height, server_colour(theme_, server));
    if (spread["count"].get<size_t>() > 1) {
      const double middle = y + bar_height / 2;
      canvas.line(plot_left + least, middle, plot_left + most, middle, 1.5, theme_.text);
      for (const double end : {least, most}) {
        canvas.line(plot_left + end, middle - 4, plot_left + end, middle + 4, 1.5, theme_.text);
      }
    }
    const std::string value = seconds_text(spread["median"].get<double>()) + " s";
    const TextStyle style{.size = 12, .colour = theme_.text, .bold = true};
    const double x = plot_left + std::max(median, most) + 6;
    // Grid lines must not go through the figure.
    canvas.fill(x - 2, y + 1, canvas.width_of(value, style) + 4, bar_height - 2, theme_.background);
    canvas.text(x, base, value, style);
  }

  const Json& results_;
  const Theme& theme_;
  std::vector<const Json*> rows_;
  double most_ = 0;
  double height_ = 0;
};

// ---- Tokens of each request ---------------------------------------------------------------------

class TokensChart {
 public:
  TokensChart(const Json& results, const Theme& theme) : results_(results), theme_(theme) {
    bars_.resize(results["servers"].size());
    for (const Json& request : results["requests"]) {
      if (request["round"].get<int>() != 1) continue;
      bars_[request["server"].get<size_t>()].push_back(&request);
      if (request["prompt_tokens"].is_number()) {
        most_ = std::max(most_, request["prompt_tokens"].get<double>());
      }
    }
    // In the order of the own server's steps, whoever's turn it was.
    for (auto& bars : bars_) {
      std::ranges::stable_sort(bars, {}, [](const Json* bar) { return place_of(*bar); });
      slots_ = std::max(slots_, bars.size());
    }
    height_ = title_height + 10 + static_cast<double>(bars_.size()) * panel_height + 6;
  }

  double height() const { return height_; }
  bool empty() const { return most_ == 0; }

  void draw(Canvas& canvas) const {
    draw_head(
        canvas, theme_, height_, "Prompt tokens of each request",
        "First round: queries 1 to 10, another repository, sub-agents a1 to a8, after a restart. "
        "Above a bar: tokens computed.");
    double x = width - margin;
    for (const auto& [words, colour] :
         {std::pair{"computed", theme_.fresh}, std::pair{"reused", theme_.reused}}) {
      const TextStyle style{.size = 12, .colour = theme_.text, .align = TextStyle::Align::right};
      canvas.text(x, 30, words, style);
      x -= canvas.width_of(words, style) + 20;
      canvas.fill(x, 19, 14, 14, colour);
      x -= 18;
    }
    double y = title_height + 10;
    for (size_t server = 0; server < bars_.size(); ++server) {
      draw_panel(canvas, server, y);
      y += panel_height;
    }
  }

 private:
  static constexpr double panel_height = 210;
  static constexpr double plot_height = 120;

  static int place_of(const Json& request) {
    const std::string scenario = request["scenario"].get<std::string>();
    const int kind = scenario == "session"            ? 0
                     : scenario == "other_repository" ? 1
                     : scenario == "agents"           ? 2
                                                      : 3;
    return kind * 1'000 + request["number"].get<int>();
  }

  static std::string label_of(const Json& request) {
    const std::string scenario = request["scenario"].get<std::string>();
    if (scenario == "other_repository") return "repo";
    if (scenario == "restart") return "restart";
    return (scenario == "agents" ? "a" : "") + std::to_string(request["number"].get<int>());
  }

  void draw_panel(Canvas& canvas, size_t server, double y) const {
    canvas.text(margin, y + 14,
                fitting(canvas, server_name(results_, server), {.size = 13, .bold = true},
                        width - 2 * margin),
                {.size = 13, .colour = theme_.text, .bold = true});
    const double bottom = y + 44 + plot_height;
    canvas.line(margin, bottom, width - margin, bottom, 1, theme_.muted);
    const double slot = (width - 2 * margin) / static_cast<double>(std::max<size_t>(slots_, 1));
    double x = margin;
    for (const Json* request : bars_[server]) {
      draw_bar(canvas, *request, x + slot * 0.12, slot * 0.76, bottom);
      x += slot;
    }
    if (bars_[server].empty()) {
      canvas.text(margin, bottom - 10, "not measured", {.size = 12, .colour = theme_.muted});
    }
  }

  void draw_bar(Canvas& canvas, const Json& request, double x, double bar_width,
                double bottom) const {
    const TextStyle below{.size = 11, .colour = theme_.muted, .align = TextStyle::Align::middle};
    canvas.text(x + bar_width / 2, bottom + 15, label_of(request), below);
    const TextStyle above{.size = 10.5, .colour = theme_.text, .align = TextStyle::Align::middle};
    if (!request["prompt_tokens"].is_number()) {
      canvas.text(x + bar_width / 2, bottom - 5, "?", above);
      return;
    }
    const double tall = request["prompt_tokens"].get<double>() / most_ * plot_height;
    if (!request["new_tokens"].is_number()) {
      canvas.fill(x, bottom - tall, bar_width, tall, theme_.grid);
      canvas.text(x + bar_width / 2, bottom - tall - 5, "?", above);
      return;
    }
    const double fresh = request["new_tokens"].get<double>() / most_ * plot_height;
    canvas.fill(x, bottom - tall, bar_width, tall - fresh, theme_.reused);
    canvas.fill(x, bottom - fresh, bar_width, fresh, theme_.fresh);
    canvas.text(x + bar_width / 2, bottom - tall - 5, count_text(request["new_tokens"]), above);
  }

  const Json& results_;
  const Theme& theme_;
  std::vector<std::vector<const Json*>> bars_;  // of each server
  size_t slots_ = 0;
  double most_ = 0;
  double height_ = 0;
};

// ---- A session, the old way and the new one -----------------------------------------------------

class SessionChart {
 public:
  SessionChart(const Json& results, const Theme& theme) : results_(results), theme_(theme) {
    for (const Json& session : results["sessions"]) {
      most_ = std::max({most_, sum(session, false), sum(session, true)});
    }
    height_ =
        title_height + 12 + static_cast<double>(results["sessions"].size()) * server_height + 40;
  }

  double height() const { return height_; }
  bool empty() const { return results_["sessions"].empty(); }

  void draw(Canvas& canvas) const {
    draw_head(canvas, theme_, height_, "Waiting in a session",
              "Time to the first token of each query, one after another (medians). Computed anew: "
              "reckoned from the pace of the cold one.");
    const double pixels_each = (width - plot_left - 110) / std::max(most_, 1e-3);
    draw_time_axis(canvas, theme_, title_height, height_ - 36, most_, pixels_each);
    double y = title_height + 12;
    for (const Json& session : results_["sessions"]) {
      const auto server = session["server"].get<size_t>();
      const TextStyle name{.size = 13, .colour = theme_.text, .bold = true};
      const std::string words = fitting(canvas, server_name(results_, server), name, width / 2);
      canvas.fill(margin, y - 2, canvas.width_of(words, name) + 8, 18, theme_.background);
      canvas.text(margin, y + 12, words, name);
      draw_lane(canvas, session, true, y + 22, pixels_each);
      draw_lane(canvas, session, false, y + 22 + lane_height + 6, pixels_each);
      y += server_height;
    }
  }

 private:
  static constexpr double lane_height = 26;
  static constexpr double server_height = 22 + 2 * (lane_height + 6) + 14;

  static double time_of(const Json& query, bool anew) {
    return anew ? query["anew_s"].get<double>() : query["first_s"]["median"].get<double>();
  }
  static double sum(const Json& session, bool anew) {
    double out = 0;
    for (const Json& query : session["queries"]) out += time_of(query, anew);
    return out;
  }

  void draw_lane(Canvas& canvas, const Json& session, bool anew, double y,
                 double pixels_each) const {
    const double base = y + lane_height / 2 + 4;
    canvas.text(plot_left - 10, base, anew ? "all computed anew" : "with what is kept",
                {.size = 12, .colour = theme_.text, .align = TextStyle::Align::right});
    const auto server = session["server"].get<size_t>();
    double x = plot_left;
    for (const Json& query : session["queries"]) {
      const auto number = query["number"].get<size_t>();
      const double wide = time_of(query, anew) * pixels_each;
      canvas.fill(x, y, wide, lane_height,
                  anew ? theme_.anew[number % 2] : server_colour(theme_, server));
      // Of many short ones the lines between them would be all that is seen.
      if (!anew && wide > 4) canvas.line(x, y, x, y + lane_height, 1, theme_.background);
      const std::string words = std::to_string(number);
      const TextStyle style{
          .size = 11, .colour = theme_.background, .bold = true, .align = TextStyle::Align::middle};
      if (canvas.width_of(words, style) + 6 < wide) canvas.text(x + wide / 2, base, words, style);
      x += wide;
    }
    const std::string total = seconds_text(sum(session, anew)) + " s";
    const TextStyle style{.size = 12, .colour = theme_.text, .bold = true};
    canvas.fill(x + 4, y + 2, canvas.width_of(total, style) + 4, lane_height - 4,
                theme_.background);
    canvas.text(x + 6, base, total, style);
  }

  const Json& results_;
  const Theme& theme_;
  double most_ = 0;
  double height_ = 0;
};

template <class Drawn>
Picture picture_of(Drawn drawn) {
  const double height = drawn.height();
  return {width, height, [drawn = std::move(drawn)](Canvas& canvas) { drawn.draw(canvas); }};
}

}  // namespace

std::vector<Chart> make_charts(const Json& results, Brightness brightness) {
  const Theme& theme = brightness == Brightness::light ? light : dark;
  std::vector<Chart> charts;
  if (!results["rows"].empty()) {
    charts.push_back({"first-token", "Time to the first token",
                      "Bars of the time to the first token, by kind of request and server; the "
                      "table has their values.",
                      picture_of(TimesChart(results, theme))});
  }
  if (TokensChart tokens(results, theme); !tokens.empty()) {
    charts.push_back({"tokens", "Prompt tokens of each request",
                      "Bars of the prompt tokens of each request of the first round, reused and "
                      "computed; the last table has their values.",
                      picture_of(std::move(tokens))});
  }
  if (SessionChart session(results, theme); !session.empty()) {
    charts.push_back(
        {"session", "Waiting in a session",
         "Two lines of ten queries for each server: with everything computed anew, and "
         "with what is kept of prompts.",
         picture_of(session)});
  }
  return charts;
}

}  // namespace anyclaude
