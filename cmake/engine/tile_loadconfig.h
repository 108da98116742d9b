// GCC declares that _tile_loadconfig reads 8 bytes (amxtileintrin.h); it reads 64. Optimising, GCC
// 12 drops the stores of the other 56, and the processor faults on what it finds there. Included in
// front of the engine's AMX code, this declares the whole.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__AMX_TILE__)
#include <immintrin.h>

static inline void tile_loadconfig_64(const void* config) {
  __asm__ volatile("ldtilecfg\t%0" ::"m"(*(const char(*)[64])config));
}
#define _tile_loadconfig tile_loadconfig_64
#endif
