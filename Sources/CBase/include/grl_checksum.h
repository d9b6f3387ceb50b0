#ifndef GRL_CHECKSUM_H
#define GRL_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/// The CRC-32 of zip, PNG and zlib (ISO 3309), by zlib.
uint32_t grl_crc32(const void *bytes, size_t count);

#endif
