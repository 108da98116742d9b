#include "cli/models_command.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

TEST(ModelsText, ShowsWhatIsStored) {
  StoredModelList list{.folder = "/cache/models"};
  EXPECT_NE(stored_models_text(list).find("/cache/models"), std::string::npos);
  list.models = {{.name = "m-Q4_K_M",
                  .bytes = 5u << 20,
                  .quant = "Q4_K_M",
                  .description = "A model\n\033[31m",
                  .context = 32'768,
                  .complete = true,
                  .is_default = true},
                 {.name = "gpt-oss-20b-mxfp4", .short_name = "gpt-oss-20b", .bytes = 1}};
  EXPECT_EQ(stored_models_text(list),
            "   NAME            SIZE  QUANT   CONTEXT  WHAT IT IS\n"
            "*  m-Q4_K_M     5.0 MiB  Q4_K_M   32,768  A model  [31m\n"
            "   gpt-oss-20b      1 B                   not whole yet: `anyclaude models pull` goes "
            "on\n");
}

TEST(ModelsText, ShowsWhatCanBePulled) {
  const std::string text = known_models_text({.memory_bytes = 16ull << 30,
                                              .models = {{.name = "a",
                                                          .bytes = 2ull << 30,
                                                          .memory_gb = 4,
                                                          .description = "x",
                                                          .stored = true}}});
  EXPECT_NE(text.find("a       4 GB   2.0 GiB  x (is here)\n"), std::string::npos) << text;
  EXPECT_NE(text.find("16.0 GiB of memory"), std::string::npos);
}

}  // namespace
}  // namespace anyclaude
