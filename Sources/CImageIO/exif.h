#ifndef GRL_EXIF_H
#define GRL_EXIF_H

#include "image_io.h"

/// Bytes at a place of a file: 1 where all are there.
typedef int (*grl_exif_read)(void *context, uint64_t place, void *to, size_t count);

/// What a TIFF file says in EXIF's words (camera, exposure, time, author, place), as a block of its own in the byte order of the file; without
/// the note of the camera's maker, whose offsets would be wrong. NULL where there is nothing, or memory is out; the caller's to free.
///
/// `most_bytes`: of all values together.
uint8_t *grl_exif_from_tiff(grl_exif_read read, void *context, uint64_t most_bytes, size_t *count, int *had_maker_note);

/// What a TIFF file's first directory has under a tag, as it stands in the file; NULL where there is none, it is over `most_bytes`, or memory is
/// out; the caller's to free.
uint8_t *grl_exif_tag_of_tiff(grl_exif_read read, void *context, uint16_t tag, uint64_t most_bytes, size_t *count);

/// The other way: the parts of a block as a TIFF file takes them.
typedef struct grl_exif_parts grl_exif_parts;

/// NULL when memory is out.
grl_exif_parts *grl_exif_parts_create(const uint8_t *bytes, size_t count);
/// Text of the first directory; NULL where there is none.
const char *grl_exif_text(const grl_exif_parts *parts, uint16_t tag);
/// EXIF's directory, or GPS's, as it stands at `place` of a file in this machine's byte order; once. NULL where there is none; the caller's
/// to free.
uint8_t *grl_exif_directory(grl_exif_parts *parts, int is_gps, uint64_t place, int is_big_tiff, size_t *count);
void grl_exif_parts_destroy(grl_exif_parts *parts);

#endif
