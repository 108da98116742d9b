// The dashboard's page at /, and what it loads below /assets/. It holds nothing that needs a key:
// it asks for one, and then the API as any client does.
#pragma once

#include "net/http_server.h"

namespace anyclaude {

// Whether a path is the page's, which a browser must get without a key.
bool is_dashboard_path(std::string_view path);

HttpReply dashboard_page(const HttpRequest& request);
HttpReply dashboard_asset(const HttpRequest& request);  // named by the route's capture

}  // namespace anyclaude
