// A drawing that comes out as SVG and as PNG from the same code. The drawing library (cairo) is
// known to canvas.cpp alone. Letters become outlines: what is drawn needs no font of the reader's,
// and no text can be anything but text.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace anyclaude {

using Colour = uint32_t;  // 0xRRGGBB

struct TextStyle {
  enum class Align { left, middle, right };
  double size = 13;
  Colour colour = 0;
  bool bold = false;
  Align align = Align::left;
};

// Units are pixels; (0, 0) is the upper left corner, y grows downward. Text is UTF-8; what of it is
// not becomes U+FFFD.
class Canvas {
 public:
  virtual ~Canvas() = default;
  virtual void fill(double x, double y, double width, double height, Colour colour) = 0;
  virtual void line(double x1, double y1, double x2, double y2, double width, Colour colour) = 0;
  // `x`: of the side that it is aligned to; `y`: of the line that letters stand on.
  virtual void text(double x, double y, std::string_view text, const TextStyle& style) = 0;
  virtual double width_of(std::string_view text, const TextStyle& style) = 0;
};

struct Picture {
  double width = 0;
  double height = 0;
  std::function<void(Canvas&)> draw;
};

// Error::internal where the library fails, as for want of memory.
Result<std::string> svg_of(const Picture& picture);
// `scale` pixels of the image for one of the picture.
Result<std::string> png_of(const Picture& picture, double scale);

// As much of the text as fits, with "…" where that is not all.
std::string fitting(Canvas& canvas, std::string_view text, const TextStyle& style, double width);

}  // namespace anyclaude
