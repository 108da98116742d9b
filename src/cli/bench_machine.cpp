#include "cli/bench_machine.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "base/file.h"
#include "engine/embedded/survey.h"

#ifdef __APPLE__
#include <sys/sysctl.h>

#include <array>
#endif

namespace anyclaude {
namespace {

constexpr size_t processor_bytes_max = 4'096;  // of what the system tells of the first core

std::string processor_name() {
#ifdef __APPLE__
  std::array<char, 256> name{};
  size_t size = name.size() - 1;
  if (::sysctlbyname("machdep.cpu.brand_string", name.data(), &size, nullptr, 0) == 0) {
    return name.data();
  }
#else
  constexpr std::string_view key = "model name";
  const std::string told = read_head("/proc/cpuinfo", processor_bytes_max);
  if (const size_t line = told.find(key); line != std::string::npos) {
    const size_t begin = told.find(": ", line);
    const size_t end = told.find('\n', line);
    if (begin < end && end != std::string::npos) return told.substr(begin + 2, end - begin - 2);
  }
#endif
  return "a processor without a name";
}

}  // namespace

BenchMachine look_at_bench_machine() {
  BenchMachine machine;
  machine.processor = processor_name();
  machine.cores = survey_machine().cores;
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const long page_bytes = ::sysconf(_SC_PAGESIZE);
  if (pages > 0 && page_bytes > 0) {
    machine.memory_bytes = static_cast<uint64_t>(pages) * static_cast<uint64_t>(page_bytes);
  }
  utsname system = {};
  if (::uname(&system) == 0) machine.system = fmt::format("{} {}", system.sysname, system.release);
  double load = 0;
  if (::getloadavg(&load, 1) == 1) machine.load_before = load;
  return machine;
}

}  // namespace anyclaude
