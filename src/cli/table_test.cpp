#include "cli/table.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

TEST(Table, AlignsItsColumns) {
  Table table({{"NAME", Table::left}, {"SIZE", Table::right}, {"WHAT", Table::left}});
  table.add({"a", "10", "x"});
  table.add({"longer", "100000", "y z"});
  EXPECT_EQ(table.text(),
            "NAME      SIZE  WHAT\n"
            "a           10  x\n"
            "longer  100000  y z\n");
}

TEST(Table, TellsATerminalNothing) {
  Table table({{"A", Table::left}, {"B", Table::left}});
  table.add({"a\nb", "\033[31mred\007"});
  EXPECT_EQ(table.text(), "A    B\na b   [31mred \n");
}

}  // namespace
}  // namespace anyclaude
