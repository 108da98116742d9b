#include "base/markup.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

TEST(Markup, OfATextNothingIsMarkup) {
  EXPECT_EQ(escape_markup("<b a='1' c=\"2\">&amp;</b>"),
            "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;amp;&lt;/b&gt;");
  EXPECT_EQ(escape_markup("plain, é"), "plain, é");
}

}  // namespace
}  // namespace anyclaude
