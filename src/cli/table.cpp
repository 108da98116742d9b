#include "cli/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace anyclaude {

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {
  std::vector<std::string> titles;
  for (const Column& column : columns_) titles.emplace_back(column.title);
  add(std::move(titles));
}

void Table::add(std::vector<std::string> cells) {
  assert(cells.size() == columns_.size());
  for (std::string& cell : cells) {
    std::ranges::replace_if(cell, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  }
  rows_.push_back(std::move(cells));
}

std::string Table::text() const {
  std::vector<size_t> widths(columns_.size());
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows_) {
    for (size_t i = 0; i + 1 < row.size(); ++i) {
      out += columns_[i].side == right ? fmt::format("{:>{}}  ", row[i], widths[i])
                                       : fmt::format("{:<{}}  ", row[i], widths[i]);
    }
    out += row.back() + '\n';
  }
  return out;
}

}  // namespace anyclaude
