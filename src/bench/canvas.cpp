#include "bench/canvas.h"

#include <cairo-svg.h>
#include <cairo.h>
#include <fmt/format.h>

#include <cmath>
#include <memory>

#include "protocol/json_string.h"

namespace anyclaude {
namespace {

struct Destroy {
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
  void operator()(cairo_t* context) const { cairo_destroy(context); }
};
using Surface = std::unique_ptr<cairo_surface_t, Destroy>;
using Context = std::unique_ptr<cairo_t, Destroy>;

// cairo gives up a whole drawing for one wrong byte. Control characters have no shape.
std::string drawable(std::string_view text) {
  std::string out;
  while (const auto wrong = find_invalid_utf8(text)) {
    out += text.substr(0, *wrong);
    out += "\xef\xbf\xbd";
    text.remove_prefix(*wrong + 1);
  }
  out += text;
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  return out;
}

class CairoCanvas final : public Canvas {
 public:
  explicit CairoCanvas(cairo_t* context) : context_(context) {}

  void fill(double x, double y, double width, double height, Colour colour) override {
    set_colour(colour);
    cairo_rectangle(context_, x, y, width, height);
    cairo_fill(context_);
  }

  void line(double x1, double y1, double x2, double y2, double width, Colour colour) override {
    set_colour(colour);
    cairo_set_line_width(context_, width);
    cairo_move_to(context_, x1, y1);
    cairo_line_to(context_, x2, y2);
    cairo_stroke(context_);
  }

  void text(double x, double y, std::string_view text, const TextStyle& style) override {
    const std::string words = drawable(text);
    set_colour(style.colour);
    const double width = width_of(words, style);
    if (style.align == TextStyle::Align::middle) x -= width / 2;
    if (style.align == TextStyle::Align::right) x -= width;
    cairo_move_to(context_, x, y);
    cairo_show_text(context_, words.c_str());
  }

  double width_of(std::string_view text, const TextStyle& style) override {
    cairo_select_font_face(context_, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                           style.bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(context_, style.size);
    cairo_text_extents_t extents;
    cairo_text_extents(context_, drawable(text).c_str(), &extents);
    return extents.x_advance;
  }

 private:
  void set_colour(Colour colour) {
    cairo_set_source_rgb(context_, (colour >> 16 & 0xff) / 255.0, (colour >> 8 & 0xff) / 255.0,
                         (colour & 0xff) / 255.0);
  }

  cairo_t* const context_;
};

cairo_status_t append(void* out, const unsigned char* bytes, unsigned int count) {
  static_cast<std::string*>(out)->append(reinterpret_cast<const char*>(bytes), count);
  return CAIRO_STATUS_SUCCESS;
}

Result<void> check(cairo_status_t status) {
  if (status == CAIRO_STATUS_SUCCESS) return {};
  return fail(Error::Kind::internal,
              fmt::format("a chart cannot be drawn: {}", cairo_status_to_string(status)));
}

Result<void> draw(const Picture& picture, cairo_surface_t* surface, double scale) {
  const Context context(cairo_create(surface));
  cairo_scale(context.get(), scale, scale);
  CairoCanvas canvas(context.get());
  picture.draw(canvas);
  return check(cairo_status(context.get()));
}

}  // namespace

Result<std::string> svg_of(const Picture& picture) {
  std::string out;
  const Surface surface(
      cairo_svg_surface_create_for_stream(append, &out, picture.width, picture.height));
  cairo_svg_surface_set_document_unit(surface.get(), CAIRO_SVG_UNIT_PX);
  TRY_VOID(draw(picture, surface.get(), 1));
  cairo_surface_finish(surface.get());
  TRY_VOID(check(cairo_surface_status(surface.get())));
  return out;
}

Result<std::string> png_of(const Picture& picture, double scale) {
  const Surface surface(cairo_image_surface_create(
      CAIRO_FORMAT_RGB24, static_cast<int>(std::ceil(picture.width * scale)),
      static_cast<int>(std::ceil(picture.height * scale))));
  TRY_VOID(draw(picture, surface.get(), scale));
  std::string out;
  TRY_VOID(check(cairo_surface_write_to_png_stream(surface.get(), append, &out)));
  return out;
}

std::string fitting(Canvas& canvas, std::string_view text, const TextStyle& style, double width) {
  std::string out(text);
  if (canvas.width_of(out, style) <= width) return out;
  while (!text.empty()) {
    // A whole character: its first byte, and those that continue it.
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80) {
      text.remove_suffix(1);
    }
    if (!text.empty()) text.remove_suffix(1);
    out = std::string(text) + "…";
    if (canvas.width_of(out, style) <= width) break;
  }
  return out;
}

}  // namespace anyclaude
