#include "service/service_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/markup.h"

namespace anyclaude {
namespace {

constexpr std::string_view mark =
    "Written by `anyclaude service install`, which also writes it anew; `anyclaude service remove` "
    "removes it.";

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
}

// A word of systemd's in double quotes.
std::string systemd_word(std::string_view text, bool expands_variables) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '%' || (c == '$' && expands_variables)) out += c;
    out += c;
  }
  return out + '"';
}

}  // namespace

Result<void> check_definition(const ServiceDefinition& service) {
  std::vector<std::string> texts = service.arguments;
  for (const auto& [name, value] : service.environment) texts.push_back(value);
  texts.push_back(service.program.string());
  texts.push_back(service.log.string());
  if (std::none_of(texts.begin(), texts.end(), has_control_character)) return {};
  return fail(Error::Kind::invalid_request,
              "a setting or a path has a control character, which cannot stand in the service's "
              "file: write the setting into config.toml");
}

std::string systemd_unit(const ServiceDefinition& service) {
  std::string command = systemd_word(service.program.string(), false);
  for (const std::string& argument : service.arguments) {
    command += ' ' + systemd_word(argument, true);
  }
  std::string environment;
  for (const auto& [name, value] : service.environment) {
    environment += fmt::format("Environment={}\n", systemd_word(name + '=' + value, false));
  }
  // What needs a namespace of its own (ProtectSystem and the like) is left out: not every kernel
  // gives one to a user's service, and then it would not start. So is MemoryDenyWriteExecute:
  // drivers of GPUs compile code while they run.
  return fmt::format(R"(# {}
[Unit]
Description=AnyClaude, a server for Claude Code on your own model
Documentation=man:anyclaude(1)
StartLimitIntervalSec=300
StartLimitBurst=5

[Service]
Type=exec
ExecStart={}
{}Restart=on-failure
RestartSec=5
TimeoutStopSec=60
UMask=0077
NoNewPrivileges=yes
LockPersonality=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native

[Install]
WantedBy=default.target
)",
                     mark, command, environment);
}

std::string launchd_plist(const ServiceDefinition& service) {
  std::string arguments =
      fmt::format("    <string>{}</string>\n", escape_markup(service.program.string()));
  for (const std::string& argument : service.arguments) {
    arguments += fmt::format("    <string>{}</string>\n", escape_markup(argument));
  }
  std::string environment;
  for (const auto& [name, value] : service.environment) {
    environment += fmt::format("    <key>{}</key>\n    <string>{}</string>\n", escape_markup(name),
                               escape_markup(value));
  }
  // Umask is 0077. ProcessType: without it launchd slows down what has no window.
  return fmt::format(R"(<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN"
  "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- {} -->
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>{}</string>
  <key>ProgramArguments</key>
  <array>
{}  </array>
  <key>EnvironmentVariables</key>
  <dict>
{}  </dict>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ThrottleInterval</key>
  <integer>10</integer>
  <key>ProcessType</key>
  <string>Interactive</string>
  <key>Umask</key>
  <integer>63</integer>
  <key>StandardOutPath</key>
  <string>{}</string>
  <key>StandardErrorPath</key>
  <string>{}</string>
</dict>
</plist>
)",
                     mark, launchd_label, arguments, environment,
                     escape_markup(service.log.string()), escape_markup(service.log.string()));
}

bool is_our_service_file(std::string_view text) { return text.find(mark) != std::string::npos; }

}  // namespace anyclaude
