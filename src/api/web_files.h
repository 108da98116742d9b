// The dashboard's page, as it was bundled when the program was built (cmake/web.cmake). Constant.
#pragma once

#include <span>
#include <string_view>

namespace anyclaude {

struct WebFile {
  std::string_view name;  // "index.html", "app.js"
  std::string_view content_type;
  std::string_view bytes;
};

std::span<const WebFile> web_files();

}  // namespace anyclaude
