// SPDX-License-Identifier: Apache-2.0
#include "sys/resident_memory.hpp"

#include <unistd.h>

#include <fstream>

namespace alveus::sys {

std::int64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::int64_t all_pages = 0;
  std::int64_t resident_pages = 0;
  if (!(file >> all_pages >> resident_pages)) return 0;
  return resident_pages * ::sysconf(_SC_PAGESIZE);
}

}  // namespace alveus::sys
