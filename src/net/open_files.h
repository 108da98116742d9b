// The process's limit of open files, which bounds how many connections a server can hold.
#pragma once

#include "net/http_server.h"

namespace anyclaude {

// Raises the limit as far as needed and allowed, and lowers connections_max and
// connections_queued_max to what it then permits: without a descriptor left, accepting would fail
// over and over.
void fit_open_files(HttpServerOptions& options);

}  // namespace anyclaude
