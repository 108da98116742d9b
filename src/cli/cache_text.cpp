#include "cli/cache_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "base/units.h"

namespace anyclaude {
namespace {

constexpr size_t id_digits = 10;
constexpr size_t words_most = 60;

std::string tier_text(std::string_view name, const TierReport& tier) {
  if (tier.bytes_max == 0) return fmt::format("{:<8} none\n", name);
  return fmt::format("{:<8} {} of {} ({} %), {} tokens in {} pieces\n", name,
                     print_bytes(tier.bytes), print_bytes(tier.bytes_max),
                     100 * tier.bytes / tier.bytes_max, print_count(tier.tokens),
                     print_count(tier.pieces));
}

// A terminal must not be told what to do by the words of a prompt, and a table not be broken.
std::string one_line(std::string_view text) {
  std::string line;
  size_t characters = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool begins = (byte & 0xC0u) != 0x80u;
    if (begins && characters++ == words_most) return line + "...";
    line += byte < 0x20 || byte == 0x7f ? ' ' : c;
  }
  return line;
}

std::string place(const PromptReport& prompt) {
  std::string text = prompt.in_ram ? "RAM" : "";
  if (prompt.on_disk) text += text.empty() ? "disk" : "+disk";
  if (text.empty()) text = "parts";
  if (prompt.imported) text += ", imported";
  return prompt.pinned ? text + ", pinned" : text;
}

using Row = std::array<std::string, 9>;

Row row_of(const PromptReport& prompt, int64_t now_s) {
  const auto age = std::chrono::seconds(std::max<int64_t>(0, now_s - prompt.last_used_s));
  return {prompt.id.substr(0, id_digits),
          print_duration(age) + " ago",
          print_count(prompt.tokens),
          print_bytes(prompt.bytes),
          print_bytes(prompt.bytes_alone),
          print_count(prompt.hits),
          place(prompt),
          one_line(prompt.model) + (prompt.sharing.empty() ? "" : " for " + prompt.sharing),
          one_line(prompt.words)};
}

std::string about(const ExchangeReport& report) {
  return fmt::format("{} tokens of {} in {} pieces, {}: {}", print_count(report.tokens),
                     one_line(report.model), print_count(report.pieces), print_bytes(report.bytes),
                     one_line(report.words));
}

}  // namespace

std::string stats_text(const CacheReport& report, const std::string& where) {
  std::string out = fmt::format("{:<8} {}\n", "cache", where);
  if (!report.folder.empty() && report.folder != where) {
    out += fmt::format("{:<8} {}\n", "folder", report.folder);
  }
  out += tier_text("memory", report.ram) + tier_text("disk", report.disk);
  if (!report.problem.empty()) out += fmt::format("{:<8} {}\n", "but", report.problem);
  if (report.problem.empty() && report.disk.bytes_max > 0 && !report.writes) {
    out += fmt::format("{:<8} another process writes the folder; this one only reads it\n", "but");
  }
  return out;
}

std::string prompts_text(const PromptList& list, int64_t now_s) {
  if (list.prompts.empty() && list.count == 0) return "nothing is stored\n";
  std::vector<Row> rows = {
      {"ID", "USED", "TOKENS", "SIZE", "ALONE", "HITS", "WHERE", "MODEL", "BEGINS WITH"}};
  for (const PromptReport& prompt : list.prompts) rows.push_back(row_of(prompt, now_s));
  std::array<size_t, 9> widths{};
  for (const Row& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const Row& row : rows) {
    for (size_t i = 0; i + 1 < row.size(); ++i) {
      const bool is_number = i >= 2 && i <= 5;
      out += is_number ? fmt::format("{:>{}}  ", row[i], widths[i])
                       : fmt::format("{:<{}}  ", row[i], widths[i]);
    }
    out += row.back() + '\n';
  }
  const uint64_t more = list.count - std::min<uint64_t>(list.count, list.prompts.size());
  if (more > 0) out += fmt::format("and {} more (--limit)\n", print_count(more));
  return out;
}

std::string verify_text(const VerifyReport& report) {
  std::string out =
      fmt::format("{} pieces read, {}: ", print_count(report.pieces), print_bytes(report.bytes));
  if (report.wrong == 0) return out + "all are right\n";
  return out + fmt::format(
                   "{} were wrong and are deleted; what was in them is computed again when "
                   "it is needed\n",
                   print_count(report.wrong));
}

std::string prune_text(const PruneReport& report) {
  return report.bytes == 0 ? "there was nothing to throw out\n"
                           : fmt::format("{} freed\n", print_bytes(report.bytes));
}

std::string pin_text(const PinOrder& order) {
  return fmt::format("{} {}\n", order.prompt,
                     order.pinned ? "is kept, whatever else comes" : "may be thrown out again");
}

std::string export_text(const ExchangeReport& report, const std::string& file, bool is_signed) {
  return fmt::format("{}\nwritten to {}{}\n", about(report), file,
                     is_signed ? ", signed with the team's key"
                               : " without a signature, because ANYCLAUDE_TEAM_KEY is not set: "
                                 "importing it will need --trust");
}

std::string import_text(const ExchangeReport& report) {
  return fmt::format("{}\n{}\n", about(report),
                     report.pieces_new == 0
                         ? std::string("all of it was there already")
                         : fmt::format("{} pieces are new", print_count(report.pieces_new)));
}

}  // namespace anyclaude
