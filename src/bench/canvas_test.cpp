#include "bench/canvas.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "protocol/json_string.h"

// Fontconfig keeps what cairo has asked it for until the end, at addresses that it writes down as
// distances: the leak sanitizer does not see that they are in use.
extern "C" const char* __lsan_default_suppressions() {  // NOLINT: the sanitizer's own name
  return "leak:libfontconfig";
}

namespace anyclaude {
namespace {

Picture picture(const std::string& words) {
  return {200, 100, [words](Canvas& canvas) {
            canvas.fill(0, 0, 200, 100, 0xffffff);
            canvas.line(0, 0, 200, 100, 1, 0x0072b2);
            canvas.text(100, 50, words, {.align = TextStyle::Align::middle});
          }};
}

uint32_t big_endian(const std::string& bytes, size_t at) {
  uint32_t out = 0;
  for (size_t i = 0; i < 4; ++i) out = out << 8 | static_cast<unsigned char>(bytes.at(at + i));
  return out;
}

TEST(Canvas, MakesSvgWithItsSize) {
  const auto svg = svg_of(picture("words"));
  ASSERT_TRUE(svg);
  EXPECT_NE(svg->find("<svg"), std::string::npos);
  EXPECT_TRUE(svg->ends_with("</svg>\n"));
  EXPECT_NE(svg->find("width=\"200px\" height=\"100px\""), std::string::npos)
      << svg->substr(0, 300);
}

TEST(Canvas, MakesPngOfTheScale) {
  const auto png = png_of(picture("words"), 2);
  ASSERT_TRUE(png);
  ASSERT_TRUE(png->starts_with("\x89PNG\r\n\x1a\n"));
  EXPECT_EQ(big_endian(*png, 16), 400u);
  EXPECT_EQ(big_endian(*png, 20), 200u);
  EXPECT_EQ(png->substr(png->size() - 8, 4), "IEND");
}

TEST(Canvas, DrawsTheTextInTheSameWayEachTime) {
  const auto png = [](const std::string& words) { return png_of(picture(words), 1).value_or(""); };
  EXPECT_EQ(png("words"), png("words"));
  EXPECT_NE(png("words"), png("other"));
}

TEST(Canvas, TakesTextThatIsNoneOrHasMarkup) {
  for (const std::string& words :
       {std::string("<script>&\"'</script>"), std::string("\xff\xc3"), std::string("a\0b\n", 4),
        std::string("ünïcode – 模型"), std::string()}) {
    const auto svg = svg_of(picture(words));
    ASSERT_TRUE(svg) << svg.error().message;
    EXPECT_EQ(svg->find("script"), std::string::npos);
    EXPECT_FALSE(find_invalid_utf8(*svg));
    EXPECT_TRUE(png_of(picture(words), 1));
  }
}

TEST(Canvas, SaysWhenItCannot) {
  EXPECT_FALSE(png_of({1e6, 1e6, [](Canvas&) {}}, 1));
}

TEST(Canvas, ShortensWhatDoesNotFit) {
  const auto svg = svg_of({400, 100, [](Canvas& canvas) {
                             const TextStyle style;
                             EXPECT_EQ(fitting(canvas, "short", style, 300), "short");
                             const std::string cut =
                                 fitting(canvas, std::string(200, 'm'), style, 100);
                             EXPECT_TRUE(cut.ends_with("m…"));
                             EXPECT_LE(canvas.width_of(cut, style), 100);
                             EXPECT_GT(canvas.width_of(cut, style), 70);
                             std::string wide;
                             for (int i = 0; i < 50; ++i) wide += "ü模";
                             const std::string whole = fitting(canvas, wide, style, 100);
                             EXPECT_FALSE(find_invalid_utf8(whole)) << whole;
                             EXPECT_EQ(fitting(canvas, "x", style, 0), "…");
                           }});
  EXPECT_TRUE(svg);
}

}  // namespace
}  // namespace anyclaude
