#ifndef GRL_CBASE_H
#define GRL_CBASE_H

#include <stddef.h>
#include <stdint.h>

/// The CRC-32 of zip, PNG and zlib (ISO 3309), by zlib.
uint32_t grl_crc32(const void *bytes, size_t count);

/// Bytes that `grl_deflate` may need for `count`.
size_t grl_deflate_bound(size_t count);

/// A zlib stream (RFC 1950) of `bytes` into `room`, which has `capacity` bytes. Its size; 0 where memory or room is short.
size_t grl_deflate(const void *bytes, size_t count, void *room, size_t capacity);

/// Gives the file `from` the name `to` in one step, unless something has that name: renameat2(2) with RENAME_NOREPLACE,
/// which the C library shows to GNU sources only.
///
/// Returns 0 or errno: EEXIST where the name is taken; EINVAL or ENOSYS where file system or kernel know no such rename.
int grl_rename_new(const char *from, const char *to);

/// `M_ARENA_MAX` 1: see `shareOneHeap`.
void grl_share_one_heap(void);

#endif
