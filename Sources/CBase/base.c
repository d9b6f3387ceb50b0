#define _GNU_SOURCE
#include "CBase.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <zlib.h>

uint32_t grl_crc32(const void *bytes, size_t count) { return (uint32_t)crc32_z(0, bytes, count); }

size_t grl_deflate_bound(size_t count) { return compressBound(count); }

size_t grl_deflate(const void *bytes, size_t count, void *room, size_t capacity) {
  uLongf size = capacity;
  return compress2(room, &size, bytes, count, 6) == Z_OK ? size : 0;
}

int grl_rename_new(const char *from, const char *to) {
  return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0 ? 0 : errno;
}

// mallopt and its parameters are macros and GNU's own, which Swift does not see.
void grl_share_one_heap(void) { mallopt(M_ARENA_MAX, 1); }
