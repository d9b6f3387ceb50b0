#include <stdlib.h>
#include <string.h>

#include <webp/decode.h>
#include <webp/encode.h>

#include "image_io.h"

// The container (WebP Container Specification) is walked here; libwebp decodes and encodes what is in it.

// Reading

typedef struct {
  grl_image_reader base;
  /// Where the first picture's chunks begin and end.
  uint64_t begin, end;
  /// Its place and sides on the canvas, where it is a frame of an animation.
  uint32_t x, y, width, height;
  int is_frame;
} webp_reader;

static uint32_t number(const uint8_t *bytes, int count) {
  uint32_t value = 0;
  for (int i = 0; i < count; i++) value |= (uint32_t)bytes[i] << (8 * i);
  return value;
}

static int is_chunk(const uint8_t *head, const char *name) { return memcmp(head, name, 4) == 0; }

/// What the picture's own stream says, from its first chunk (ALPH, VP8 or VP8L).
static grl_image_status read_features(webp_reader *reader) {
  grl_image_reader *base = &reader->base;
  uint64_t place = reader->begin;
  uint8_t head[8 + 32];
  int has_alpha = 0;
  int64_t got = grl_reader_at(base, place, head, sizeof head);
  if (got < 8) return base->status ? base->status : grl_reader_fail(base, GRL_IMAGE_CUT, "no picture in it");
  if (is_chunk(head, "ALPH")) {
    has_alpha = 1;
    const uint32_t length = number(head + 4, 4);
    place += 8 + (uint64_t)length + (length & 1);
    got = grl_reader_at(base, place, head, sizeof head);
    if (got < 8) return base->status ? base->status : grl_reader_fail(base, GRL_IMAGE_CUT, "no picture behind its alpha");
  }
  WebPBitstreamFeatures features;
  const VP8StatusCode status = WebPGetFeatures(head, (size_t)got, &features);
  if (status == VP8_STATUS_NOT_ENOUGH_DATA) return grl_reader_fail(base, GRL_IMAGE_CUT, "its picture ends in the header");
  if (status != VP8_STATUS_OK) return grl_reader_fail(base, GRL_IMAGE_DAMAGED, "its picture's header is none of WebP");
  if (reader->is_frame && (features.width != (int)reader->width || features.height != (int)reader->height)) {
    return grl_reader_fail(base, GRL_IMAGE_DAMAGED, "a frame has other sides than it says");
  }
  if (base->header.width && !reader->is_frame &&
      (features.width != (int)base->header.width || features.height != (int)base->header.height)) {
    return grl_reader_fail(base, GRL_IMAGE_DAMAGED, "the picture has other sides than the file says");
  }
  reader->width = (uint32_t)features.width;
  reader->height = (uint32_t)features.height;
  if (!reader->is_frame) {
    base->header.width = reader->width;
    base->header.height = reader->height;
  }
  base->header.channels = has_alpha || features.has_alpha || reader->is_frame ? 4 : 3;
  return GRL_IMAGE_OK;
}

static grl_image_status read_header(grl_image_reader *base) {
  webp_reader *reader = (webp_reader *)base;
  grl_image_metadata *metadata = &base->metadata;
  uint8_t head[24];
  int64_t got = grl_reader_at(base, 0, head, 12);
  if (got < 12) return base->status ? base->status : grl_reader_fail(base, GRL_IMAGE_CUT, "it ends in its header");
  const uint64_t all = 8 + (uint64_t)number(head + 4, 4);
  base->header.bit_depth = 8;
  int frames = 0;
  // Chunks are at least 8 bytes; that many mean nothing.
  for (uint64_t place = 12, chunks = 0; place + 8 <= all && chunks < 1 << 16; chunks++) {
    got = grl_reader_at(base, place, head, sizeof head);
    if (got < 0) return base->status;
    if (got < 8) break;  // cut; what there is is decoded or not
    const uint32_t length = number(head + 4, 4);
    const uint64_t data = place + 8, next = data + (uint64_t)length + (length & 1);
    if (is_chunk(head, "VP8X") && got >= 18) {
      base->header.width = number(head + 12, 3) + 1;
      base->header.height = number(head + 15, 3) + 1;
      reader->is_frame = head[8] >> 1 & 1;
      if (grl_reader_check_sides(base)) return base->status;
    } else if (is_chunk(head, "ICCP") && !metadata->icc) {
      if ((metadata->icc = grl_reader_keep_at(base, data, length))) metadata->icc_count = length;
    } else if (is_chunk(head, "EXIF") && !metadata->exif) {
      uint8_t *exif = grl_reader_keep_at(base, data, length);
      // Some programs leave the mark of JPEG in front.
      const size_t mark = exif && length > 6 && memcmp(exif, "Exif\0", 6) == 0 ? 6 : 0;
      if (exif) metadata->exif_count = length - mark;
      metadata->exif = exif ? exif + mark : NULL;
    } else if (is_chunk(head, "XMP ") && !metadata->xmp) {
      if ((metadata->xmp = grl_reader_keep_at(base, data, length))) metadata->xmp_count = length;
    } else if (is_chunk(head, "ANMF")) {
      if (frames++ == 0 && length >= 24 && got >= 24) {
        reader->x = number(head + 8, 3) * 2;
        reader->y = number(head + 11, 3) * 2;
        reader->width = number(head + 14, 3) + 1;
        reader->height = number(head + 17, 3) + 1;
        reader->begin = data + 16;
        reader->end = data + length;
      }
      if (frames == 2) metadata->dropped |= GRL_DROPPED_FRAMES;
    } else if (!reader->begin && (is_chunk(head, "ALPH") || is_chunk(head, "VP8 ") || is_chunk(head, "VP8L"))) {
      reader->begin = place;
    }
    if (!reader->is_frame && !reader->end && (is_chunk(head, "VP8 ") || is_chunk(head, "VP8L"))) reader->end = next;
    if (base->status == GRL_IMAGE_NO_MEMORY) return base->status;
    place = next;
  }
  if (!reader->begin) return grl_reader_fail(base, GRL_IMAGE_CUT, "no picture in it");
  if (!reader->end) reader->end = all;
  if (read_features(reader)) return base->status;
  if (grl_reader_check_sides(base)) return base->status;
  if (reader->is_frame && ((uint64_t)reader->x + reader->width > base->header.width ||
                           (uint64_t)reader->y + reader->height > base->header.height)) {
    return grl_reader_fail(base, GRL_IMAGE_DAMAGED, "a frame lies beside the canvas");
  }
  // libwebp holds the stream, and a lossless picture whole.
  const uint64_t pixels = (uint64_t)reader->width * reader->height;
  base->header.scan_bytes = pixels * 5 + (reader->end - reader->begin < 1 << 30 ? reader->end - reader->begin : 1 << 30);
  return GRL_IMAGE_OK;
}

static grl_image_status read_samples(grl_image_reader *base, void *samples) {
  webp_reader *reader = (webp_reader *)base;
  const size_t channels = base->header.channels, row_bytes = grl_row_bytes(&base->header);
  uint8_t *block = malloc(GRL_BLOCK);
  if (!block) return base->status = GRL_IMAGE_NO_MEMORY;
  if (reader->is_frame) memset(samples, 0, row_bytes * base->header.height);
  uint8_t *first = (uint8_t *)samples + reader->y * row_bytes + reader->x * channels;
  const size_t room = row_bytes * (reader->height - 1) + reader->width * channels;
  WebPIDecoder *decoder = WebPINewRGB(channels == 4 ? MODE_RGBA : MODE_RGB, first, room, (int)row_bytes);
  if (!decoder) {
    free(block);
    return base->status = GRL_IMAGE_NO_MEMORY;
  }
  VP8StatusCode status = VP8_STATUS_SUSPENDED;
  int is_ended = 0;
  for (uint64_t place = reader->begin; status == VP8_STATUS_SUSPENDED && !is_ended && base->status == GRL_IMAGE_OK;) {
    const size_t wanted = reader->end - place < GRL_BLOCK ? (size_t)(reader->end - place) : GRL_BLOCK;
    const int64_t got = grl_reader_at(base, place, block, wanted);
    if (got < 0) break;
    is_ended = got == 0;
    if (got > 0) status = WebPIAppend(decoder, block, (size_t)got);
    place += (uint64_t)got;
  }
  int last = 0;
  const uint8_t *rows = WebPIDecGetRGB(decoder, &last, NULL, NULL, NULL);
  WebPIDelete(decoder);
  free(block);
  if (base->status != GRL_IMAGE_OK || status == VP8_STATUS_OK) return base->status;
  if (status == VP8_STATUS_OUT_OF_MEMORY) return base->status = GRL_IMAGE_NO_MEMORY;
  const int64_t row = rows && last > 0 ? (int64_t)reader->y + last : 0;
  return status == VP8_STATUS_SUSPENDED
             ? grl_reader_end_early(base, GRL_IMAGE_CUT, row, "samples are missing", samples)
             : grl_reader_end_early(base, GRL_IMAGE_DAMAGED, row, "a code that means nothing", samples);
}

static void close_reader(grl_image_reader *base) { (void)base; }

grl_image_reader *grl_webp_open(grl_image_source source, grl_image_limits limits) {
  webp_reader *reader = grl_reader_create(sizeof *reader, source, limits);
  if (!reader) return NULL;
  reader->base.read_header = read_header;
  reader->base.read_samples = read_samples;
  reader->base.close = close_reader;
  return &reader->base;
}

// Writing

static int put_stream(const uint8_t *bytes, size_t count, const WebPPicture *picture) {
  return grl_writer_put(picture->custom_ptr, bytes, count) == 0;
}

static void put_number(uint8_t *to, uint64_t value, int count) {
  for (int i = 0; i < count; i++) to[i] = (uint8_t)(value >> (8 * i));
}

static void put_chunk(grl_image_writer *writer, const char *name, const uint8_t *bytes, size_t count) {
  if (!bytes) return;
  uint8_t head[8];
  memcpy(head, name, 4);
  put_number(head + 4, count, 4);
  if (grl_writer_put(writer, head, 8) == 0 && grl_writer_put(writer, bytes, count) == 0 && count & 1) {
    grl_writer_put(writer, (const uint8_t *)"", 1);
  }
}

static size_t chunk_bytes(const uint8_t *bytes, size_t count) { return bytes ? 8 + count + (count & 1) : 0; }

/// The file: what libwebp made, without its own extended header, between ours and the metadata.
static void put_file(grl_image_writer *writer, const grl_picture *picture, const uint8_t *stream, size_t count) {
  const grl_image_metadata *metadata = &picture->metadata;
  const uint8_t *first = stream + 12;
  if (is_chunk(first, "VP8X")) first += 18;
  const size_t length = count - (size_t)(first - stream);
  const int has_alpha = picture->channels == 4;
  const int is_extended = metadata->icc || metadata->exif || metadata->xmp || has_alpha;
  uint8_t head[12 + 18] = "RIFF0000WEBPVP8X";
  const size_t all = 4 + (is_extended ? 18 : 0) + chunk_bytes(metadata->icc, metadata->icc_count) + length +
                     chunk_bytes(metadata->exif, metadata->exif_count) + chunk_bytes(metadata->xmp, metadata->xmp_count);
  put_number(head + 4, all, 4);
  put_number(head + 16, 10, 4);
  head[20] = (uint8_t)((metadata->icc ? 32 : 0) | (has_alpha ? 16 : 0) | (metadata->exif ? 8 : 0) | (metadata->xmp ? 4 : 0));
  put_number(head + 24, picture->width - 1, 3);
  put_number(head + 27, picture->height - 1, 3);
  if (grl_writer_put(writer, head, is_extended ? sizeof head : 12)) return;
  put_chunk(writer, "ICCP", metadata->icc, metadata->icc_count);
  if (grl_writer_put(writer, first, length)) return;
  put_chunk(writer, "EXIF", metadata->exif, metadata->exif_count);
  put_chunk(writer, "XMP ", metadata->xmp, metadata->xmp_count);
}

grl_image_status grl_webp_write(grl_image_writer *writer, const grl_picture *source, grl_encoding encoding) {
  WebPConfig config;
  WebPPicture picture;
  const int is_lossless = encoding.quality == 0;
  if (!WebPConfigInit(&config) || !WebPPictureInit(&picture) || (is_lossless && !WebPConfigLosslessPreset(&config, 4))) {
    return grl_writer_fail(writer, GRL_IMAGE_UNSUPPORTED, "the installed libwebp is another than the one it was built with");
  }
  if (is_lossless) {
    config.exact = 1;  // colours under transparent pixels too
  } else {
    config.quality = (float)encoding.quality;
    config.use_sharp_yuv = encoding.full_chroma;  // its chroma is always halved
  }
  grl_image_writer *stream = grl_image_writer_create(-1);
  picture.use_argb = is_lossless || encoding.full_chroma;
  picture.width = (int)source->width;
  picture.height = (int)source->height;
  picture.writer = put_stream;
  picture.custom_ptr = stream;
  const int stride = (int)(source->width * source->channels);
  const int is_taken = stream && (source->channels == 4 ? WebPPictureImportRGBA(&picture, source->samples, stride)
                                                        : WebPPictureImportRGB(&picture, source->samples, stride));
  if (!is_taken) {
    writer->status = GRL_IMAGE_NO_MEMORY;
  } else if (!WebPEncode(&config, &picture)) {
    const int is_memory = picture.error_code == VP8_ENC_ERROR_OUT_OF_MEMORY || picture.error_code == VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY ||
                          picture.error_code == VP8_ENC_ERROR_BAD_WRITE;
    grl_writer_fail(writer, is_memory ? GRL_IMAGE_NO_MEMORY : GRL_IMAGE_UNSUPPORTED, "libwebp cannot encode it");
  } else {
    size_t count;
    const uint8_t *bytes = grl_image_writer_bytes(stream, &count);
    put_file(writer, source, bytes, count);
    if (writer->status == GRL_IMAGE_OK) grl_writer_flush(writer);
  }
  WebPPictureFree(&picture);
  if (stream) grl_image_writer_destroy(stream);
  return writer->status;
}
