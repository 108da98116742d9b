// Rows of text in columns, for terminals. The last column is not padded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace anyclaude {

class Table {
 public:
  enum Side { left, right };
  struct Column {
    std::string_view title;
    Side side = left;
  };

  explicit Table(std::vector<Column> columns);

  // As many cells as there are columns. What would tell a terminal what to do, or break the row,
  // becomes a blank.
  void add(std::vector<std::string> cells);
  std::string text() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace anyclaude
