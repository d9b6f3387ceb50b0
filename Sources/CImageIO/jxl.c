#include <stdlib.h>
#include <string.h>

#include "image_io.h"

// JPEG XL through libjxl, opened when it is first asked for.

#if __has_include(<jxl/decode.h>)

#include <jxl/decode.h>
#include <jxl/encode.h>
#include <jxl/version.h>

#include "optional_library.h"

#define FUNCTIONS(F)                                                                                                                   \
  F(DecoderCreate) F(DecoderDestroy) F(DecoderSubscribeEvents) F(DecoderProcessInput) F(DecoderSetInput) F(DecoderReleaseInput)        \
  F(DecoderCloseInput) F(DecoderGetBasicInfo) F(DecoderGetColorAsEncodedProfile) F(DecoderGetICCProfileSize)                           \
  F(DecoderGetColorAsICCProfile) F(DecoderImageOutBufferSize) F(DecoderSetImageOutBuffer) F(DecoderFlushImage)                         \
  F(DecoderSetUnpremultiplyAlpha) F(DecoderGetBoxType) F(DecoderSetBoxBuffer) F(DecoderReleaseBoxBuffer) F(DecoderSetDecompressBoxes)  \
  F(EncoderCreate) F(EncoderDestroy) F(EncoderInitBasicInfo) F(EncoderSetBasicInfo) F(EncoderSetColorEncoding)                         \
  F(EncoderSetICCProfile) F(EncoderFrameSettingsCreate) F(EncoderFrameSettingsSetOption) F(EncoderSetFrameLossless)                    \
  F(EncoderSetFrameDistance) F(EncoderAddImageFrame) F(EncoderUseBoxes) F(EncoderAddBox) F(EncoderCloseInput) F(EncoderProcessOutput)  \
  F(EncoderSetCodestreamLevel)

#define DECLARE(name) static __typeof__(Jxl##name) *name##_;
FUNCTIONS(DECLARE)

// The library's functions change with its minor number as long as the major one is 0, and so does its name.
#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
#define VERSION TEXT(JPEGXL_MAJOR_VERSION) "." TEXT(JPEGXL_MINOR_VERSION)

static grl_library library = {.file = "libjxl.so." VERSION, .package = "libjxl" VERSION};

static void open_library(void) {
#define SYMBOL(name) {"Jxl" #name, (void **)&name##_},
  static const grl_symbol symbols[] = {FUNCTIONS(SYMBOL)};
  grl_library_open(&library, symbols, sizeof symbols / sizeof *symbols);
}

const char *grl_jxl_reason(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, open_library);
  return library.handle ? NULL : library.reason;
}

// Functions of 0.8 and later have lost an argument.
#if JPEGXL_NUMERIC_VERSION < JPEGXL_COMPUTE_NUMERIC_VERSION(0, 8, 0)
#define UNUSED_FORMAT NULL,
#else
#define UNUSED_FORMAT
#endif

// Reading

typedef struct {
  grl_image_reader base;
  JxlDecoder *decoder;
  JxlMemoryManager manager;
  /// What the library holds, and may.
  uint64_t held, most_held;
  uint64_t place;
  uint8_t *input;
  size_t input_count;
  int is_ended;
  JxlPixelFormat format;
  /// The metadata that is being read: its bytes, and the room for them.
  uint8_t *box;
  size_t box_room;
  int is_exif, is_xmp;
} jxl_reader;

enum { BLOCK_HEAD = 16 };

static void *counted_alloc(void *opaque, size_t size) {
  jxl_reader *reader = opaque;
  if (size > reader->most_held || __atomic_load_n(&reader->held, __ATOMIC_RELAXED) + size > reader->most_held) return NULL;
  uint8_t *block = malloc(size + BLOCK_HEAD);
  if (!block) return NULL;
  memcpy(block, &size, sizeof size);
  __atomic_fetch_add(&reader->held, size, __ATOMIC_RELAXED);
  return block + BLOCK_HEAD;
}

static void counted_free(void *opaque, void *pointer) {
  if (!pointer) return;
  jxl_reader *reader = opaque;
  uint8_t *block = (uint8_t *)pointer - BLOCK_HEAD;
  size_t size;
  memcpy(&size, block, sizeof size);
  __atomic_fetch_sub(&reader->held, size, __ATOMIC_RELAXED);
  free(block);
}

/// Gives the decoder more; 0 where the source has ended or failed.
static int feed(jxl_reader *reader) {
  grl_image_reader *base = &reader->base;
  const size_t left = DecoderReleaseInput_(reader->decoder);
  if (left > GRL_BLOCK) return 0;
  memmove(reader->input, reader->input + reader->input_count - left, left);
  const int64_t got = grl_reader_at(base, reader->place, reader->input + left, base->block_size);
  if (got <= 0) {
    if (got == 0 && !reader->is_ended) {
      reader->is_ended = 1;
      reader->input_count = left;
      DecoderSetInput_(reader->decoder, reader->input, left);
      DecoderCloseInput_(reader->decoder);
      return 1;
    }
    return 0;
  }
  reader->place += (uint64_t)got;
  reader->input_count = left + (size_t)got;
  DecoderSetInput_(reader->decoder, reader->input, reader->input_count);
  return 1;
}

static grl_image_status failed(jxl_reader *reader, JxlDecoderStatus status) {
  grl_image_reader *base = &reader->base;
  if (base->status != GRL_IMAGE_OK) return base->status;
  if (reader->is_ended || status == JXL_DEC_NEED_MORE_INPUT) return grl_reader_fail(base, GRL_IMAGE_CUT, "samples are missing");
  return grl_reader_fail(base, GRL_IMAGE_DAMAGED, "libjxl cannot decode it");
}

/// What the box that ended held.
static void end_box(jxl_reader *reader) {
  if (!reader->box) return;
  grl_image_metadata *metadata = &reader->base.metadata;
  const size_t count = reader->box_room - DecoderReleaseBoxBuffer_(reader->decoder);
  uint8_t *bytes = count > 0 ? grl_reader_keep(&reader->base, count) : NULL;
  if (bytes) {
    memcpy(bytes, reader->box, count);
    if (reader->is_xmp) {
      metadata->xmp = bytes;
      metadata->xmp_count = count;
    } else if (count > 4) {
      const uint64_t start = 4 + ((uint64_t)bytes[0] << 24 | (uint64_t)bytes[1] << 16 | (uint64_t)bytes[2] << 8 | bytes[3]);
      if (start < count) {
        metadata->exif = bytes + start;
        metadata->exif_count = count - (size_t)start;
      }
    }
  }
  free(reader->box);
  reader->box = NULL;
}

static void begin_box(jxl_reader *reader) {
  const grl_image_metadata *metadata = &reader->base.metadata;
  JxlBoxType type;
  end_box(reader);
  if (DecoderGetBoxType_(reader->decoder, type, JXL_TRUE) != JXL_DEC_SUCCESS) return;
  reader->is_exif = memcmp(type, "Exif", 4) == 0 && !metadata->exif;
  reader->is_xmp = memcmp(type, "xml ", 4) == 0 && !metadata->xmp;
  if (!reader->is_exif && !reader->is_xmp) return;
  reader->box_room = 1 << 16;
  if ((reader->box = malloc(reader->box_room))) DecoderSetBoxBuffer_(reader->decoder, reader->box, reader->box_room);
}

/// More room for the box; what would be over the limit is left out.
static void grow_box(jxl_reader *reader) {
  const size_t used = reader->box_room - DecoderReleaseBoxBuffer_(reader->decoder);
  uint8_t *grown = reader->box_room * 2 <= reader->base.limits.metadata_bytes ? realloc(reader->box, reader->box_room * 2) : NULL;
  if (!grown) {
    free(reader->box);
    reader->box = NULL;
    return;
  }
  reader->box = grown;
  reader->box_room *= 2;
  DecoderSetBoxBuffer_(reader->decoder, reader->box + used, reader->box_room - used);
  // What is released later counts from the whole room.
}

static void read_profile(jxl_reader *reader) {
  grl_image_metadata *metadata = &reader->base.metadata;
  JxlColorEncoding colours;
  size_t size = 0;
  const JxlColorProfileTarget target = JXL_COLOR_PROFILE_TARGET_DATA;
  if (DecoderGetColorAsEncodedProfile_(reader->decoder, UNUSED_FORMAT target, &colours) == JXL_DEC_SUCCESS &&
      colours.white_point == JXL_WHITE_POINT_D65 && colours.transfer_function == JXL_TRANSFER_FUNCTION_SRGB &&
      (colours.color_space == JXL_COLOR_SPACE_GRAY || colours.primaries == JXL_PRIMARIES_SRGB)) {
    return;  // what is taken for granted anyway
  }
  if (DecoderGetICCProfileSize_(reader->decoder, UNUSED_FORMAT target, &size) != JXL_DEC_SUCCESS || size == 0 ||
      size > reader->base.limits.metadata_bytes) {
    return;
  }
  uint8_t *bytes = grl_reader_keep(&reader->base, size);
  if (bytes && DecoderGetColorAsICCProfile_(reader->decoder, UNUSED_FORMAT target, bytes, size) == JXL_DEC_SUCCESS) {
    metadata->icc = bytes;
    metadata->icc_count = size;
  }
}

static grl_image_status read_basics(jxl_reader *reader) {
  grl_image_reader *base = &reader->base;
  JxlBasicInfo info;
  if (DecoderGetBasicInfo_(reader->decoder, &info) != JXL_DEC_SUCCESS) return failed(reader, JXL_DEC_ERROR);
  base->header.width = info.xsize;
  base->header.height = info.ysize;
  if (grl_reader_check_sides(base)) return base->status;
  base->header.channels = (info.num_color_channels == 1 ? 1 : 3) + (info.alpha_bits > 0 ? 1 : 0);
  base->header.bit_depth = info.exponent_bits_per_sample > 0 || info.bits_per_sample > 16 ? 32 : info.bits_per_sample > 8 ? 16 : 8;
  base->header.is_upright = 1;
  const uint32_t extra = info.num_extra_channels;
  if (extra > (info.alpha_bits > 0 ? 1u : 0u)) base->metadata.dropped |= GRL_DROPPED_CHANNELS;
  if (extra > 16) return grl_reader_fail(base, GRL_IMAGE_UNSUPPORTED, "JPEG XL with more than 16 channels besides its colours");
  if (info.have_animation) base->metadata.dropped |= GRL_DROPPED_FRAMES;
  // Inside everything is floats, some of them twice.
  const uint64_t pixels = (uint64_t)info.xsize * info.ysize;
  base->header.scan_bytes = (1 << 24) + pixels * (36 + 8 * (uint64_t)extra);
  reader->most_held = (128 << 20) + pixels * (96 + 16 * (uint64_t)extra);
  reader->format = (JxlPixelFormat){
      .num_channels = base->header.channels, .endianness = JXL_NATIVE_ENDIAN,
      .data_type = base->header.bit_depth == 8 ? JXL_TYPE_UINT8 : base->header.bit_depth == 16 ? JXL_TYPE_UINT16 : JXL_TYPE_FLOAT};
  return GRL_IMAGE_OK;
}

static grl_image_status read_header(grl_image_reader *base) {
  jxl_reader *reader = (jxl_reader *)base;
  if (grl_jxl_reason()) return grl_reader_fail(base, GRL_IMAGE_UNSUPPORTED, grl_jxl_reason());
  reader->most_held = 128 << 20;
  reader->manager = (JxlMemoryManager){reader, counted_alloc, counted_free};
  reader->decoder = DecoderCreate_(&reader->manager);
  reader->input = malloc(2 * GRL_BLOCK);
  if (!reader->decoder || !reader->input) return base->status = GRL_IMAGE_NO_MEMORY;
  DecoderSubscribeEvents_(reader->decoder, JXL_DEC_BASIC_INFO | JXL_DEC_COLOR_ENCODING | JXL_DEC_FULL_IMAGE | JXL_DEC_BOX);
  DecoderSetUnpremultiplyAlpha_(reader->decoder, JXL_TRUE);
  DecoderSetDecompressBoxes_(reader->decoder, JXL_TRUE);
  for (;;) {
    const JxlDecoderStatus status = DecoderProcessInput_(reader->decoder);
    switch (status) {
    case JXL_DEC_NEED_MORE_INPUT:
      if (!feed(reader)) return failed(reader, status);
      break;
    case JXL_DEC_BASIC_INFO:
      if (read_basics(reader)) return base->status;
      break;
    case JXL_DEC_BOX: begin_box(reader); break;
    case JXL_DEC_BOX_NEED_MORE_OUTPUT: grow_box(reader); break;
    case JXL_DEC_COLOR_ENCODING:
      if (base->header.channels == 0) return failed(reader, JXL_DEC_ERROR);
      read_profile(reader);
      base->block_size = GRL_BLOCK;
      return base->status;
    default: return failed(reader, status);
    }
  }
}

static grl_image_status read_samples(grl_image_reader *base, void *samples) {
  jxl_reader *reader = (jxl_reader *)base;
  const size_t bytes = grl_row_bytes(&base->header) * base->header.height;
  size_t wanted = 0;
  int is_set = 0, is_whole = 0;
  for (;;) {
    const JxlDecoderStatus status = DecoderProcessInput_(reader->decoder);
    switch (status) {
    case JXL_DEC_NEED_MORE_INPUT:
      if (feed(reader)) break;
      if (base->status != GRL_IMAGE_OK || is_whole) return base->status;
      // What there is of a picture in passes, or of its groups.
      if (is_set && base->limits.keeps_damaged && DecoderFlushImage_(reader->decoder) == JXL_DEC_SUCCESS) {
        return grl_reader_end_early(base, GRL_IMAGE_CUT, -1, "the file ends too early", samples);
      }
      return grl_reader_fail(base, GRL_IMAGE_CUT, "samples are missing");
    case JXL_DEC_NEED_IMAGE_OUT_BUFFER:
      if (DecoderImageOutBufferSize_(reader->decoder, &reader->format, &wanted) != JXL_DEC_SUCCESS || wanted != bytes ||
          DecoderSetImageOutBuffer_(reader->decoder, &reader->format, samples, bytes) != JXL_DEC_SUCCESS) {
        return grl_reader_fail(base, GRL_IMAGE_DAMAGED, "the picture is another than its header says");
      }
      is_set = 1;
      break;
    case JXL_DEC_BOX: begin_box(reader); break;
    case JXL_DEC_BOX_NEED_MORE_OUTPUT: grow_box(reader); break;
    case JXL_DEC_FULL_IMAGE:
      is_whole = 1;
      // Frames behind the first are not decoded; metadata may stand behind a still picture.
      if (base->metadata.dropped & GRL_DROPPED_FRAMES) return base->status;
      break;
    case JXL_DEC_SUCCESS:
      end_box(reader);
      return base->status;
    default:
      if (is_whole) {
        grl_note_warning(&base->notes, "damaged behind its samples");
        return base->status;
      }
      return base->status = failed(reader, status);
    }
  }
}

static void close_reader(grl_image_reader *base) {
  jxl_reader *reader = (jxl_reader *)base;
  if (reader->decoder) DecoderDestroy_(reader->decoder);
  free(reader->input);
  free(reader->box);
}

grl_image_reader *grl_jxl_open(grl_image_source source, grl_image_limits limits) {
  jxl_reader *reader = grl_reader_create(sizeof *reader, source, limits);
  if (!reader) return NULL;
  reader->base.is_noisy = 1;
  reader->base.read_header = read_header;
  reader->base.read_samples = read_samples;
  reader->base.close = close_reader;
  return &reader->base;
}

// Writing

/// libjxl's own translation of JPEG's scale to the distance that the eye sees.
static float distance_of(int quality) {
  return quality >= 100 ? 0.1f : quality >= 30 ? 0.1f + (100 - (float)quality) * 0.09f
                                               : 53.0f / 3000.0f * (float)(quality * quality) - 23.0f / 20.0f * (float)quality + 25.0f;
}

static int set_up(JxlEncoder *encoder, const grl_picture *picture, grl_encoding encoding) {
  const grl_image_metadata *metadata = &picture->metadata;
  const int is_lossless = encoding.quality == 0, has_alpha = picture->channels % 2 == 0, colours = picture->channels < 3 ? 1 : 3;
  JxlBasicInfo info;
  EncoderInitBasicInfo_(&info);
  info.xsize = picture->width;
  info.ysize = picture->height;
  info.bits_per_sample = picture->bit_depth;
  info.exponent_bits_per_sample = picture->bit_depth == 32 ? 8 : 0;
  info.num_color_channels = (uint32_t)colours;
  info.uses_original_profile = is_lossless ? JXL_TRUE : JXL_FALSE;
  if (has_alpha) {
    info.num_extra_channels = 1;
    info.alpha_bits = picture->bit_depth;
    info.alpha_exponent_bits = info.exponent_bits_per_sample;
  }
  // Level 5 holds 16 bits of lossy samples and moderate sides; level 10 everything.
  if (picture->bit_depth > 8 || (uint64_t)picture->width * picture->height > 1 << 28) EncoderSetCodestreamLevel_(encoder, 10);
  if (metadata->exif || metadata->xmp) EncoderUseBoxes_(encoder);
  if (EncoderSetBasicInfo_(encoder, &info) != JXL_ENC_SUCCESS) return 0;
  if (metadata->icc) return EncoderSetICCProfile_(encoder, metadata->icc, metadata->icc_count) == JXL_ENC_SUCCESS;
  const int is_linear = metadata->gamma == 100000;
  const JxlColorEncoding srgb = {
      .color_space = colours == 1 ? JXL_COLOR_SPACE_GRAY : JXL_COLOR_SPACE_RGB, .white_point = JXL_WHITE_POINT_D65,
      .primaries = JXL_PRIMARIES_SRGB, .transfer_function = is_linear ? JXL_TRANSFER_FUNCTION_LINEAR : JXL_TRANSFER_FUNCTION_SRGB,
      .rendering_intent = JXL_RENDERING_INTENT_RELATIVE};
  return EncoderSetColorEncoding_(encoder, &srgb) == JXL_ENC_SUCCESS;
}

static int add_boxes(JxlEncoder *encoder, const grl_image_metadata *metadata) {
  int is_good = 1;
  if (metadata->exif) {
    uint8_t *box = calloc(1, metadata->exif_count + 4);
    if (!box) return 0;
    memcpy(box + 4, metadata->exif, metadata->exif_count);
    is_good = EncoderAddBox_(encoder, "Exif", box, metadata->exif_count + 4, JXL_FALSE) == JXL_ENC_SUCCESS;
    free(box);
  }
  if (is_good && metadata->xmp) is_good = EncoderAddBox_(encoder, "xml ", metadata->xmp, metadata->xmp_count, JXL_FALSE) == JXL_ENC_SUCCESS;
  return is_good;
}

static int add_frame(JxlEncoder *encoder, const grl_picture *picture, grl_encoding encoding) {
  JxlEncoderFrameSettings *settings = EncoderFrameSettingsCreate_(encoder, NULL);
  if (!settings) return 0;
  const int is_lossless = encoding.quality == 0;
  // Measured: higher efforts take many times as long for a few per cent of the bytes.
  EncoderFrameSettingsSetOption_(settings, JXL_ENC_FRAME_SETTING_EFFORT, is_lossless ? 3 : 5);
  if (is_lossless) EncoderSetFrameLossless_(settings, JXL_TRUE);
  else EncoderSetFrameDistance_(settings, distance_of(encoding.quality));
  const JxlPixelFormat format = {
      .num_channels = picture->channels, .endianness = JXL_NATIVE_ENDIAN,
      .data_type = picture->bit_depth == 8 ? JXL_TYPE_UINT8 : picture->bit_depth == 16 ? JXL_TYPE_UINT16 : JXL_TYPE_FLOAT};
  const size_t bytes = (size_t)picture->width * picture->height * picture->channels * (picture->bit_depth / 8);
  return EncoderAddImageFrame_(settings, &format, picture->samples, bytes) == JXL_ENC_SUCCESS;
}

grl_image_status grl_jxl_write(grl_image_writer *writer, const grl_picture *picture, grl_encoding encoding) {
  if (grl_jxl_reason()) return grl_writer_fail(writer, GRL_IMAGE_UNSUPPORTED, grl_jxl_reason());
  JxlEncoder *encoder = EncoderCreate_(NULL);
  uint8_t *block = malloc(GRL_BLOCK);
  if (!encoder || !block) {
    writer->status = GRL_IMAGE_NO_MEMORY;
  } else if (!set_up(encoder, picture, encoding)) {
    grl_writer_fail(writer, GRL_IMAGE_UNSUPPORTED, "libjxl does not take its colour profile, or its kind of samples");
  } else if (!add_boxes(encoder, &picture->metadata) || !add_frame(encoder, picture, encoding)) {
    grl_writer_fail(writer, GRL_IMAGE_UNSUPPORTED, "libjxl cannot encode it");
  } else {
    EncoderCloseInput_(encoder);
    JxlEncoderStatus status = JXL_ENC_NEED_MORE_OUTPUT;
    while (status == JXL_ENC_NEED_MORE_OUTPUT && writer->status == GRL_IMAGE_OK) {
      uint8_t *next = block;
      size_t room = GRL_BLOCK;
      status = EncoderProcessOutput_(encoder, &next, &room);
      grl_writer_put(writer, block, GRL_BLOCK - room);
    }
    if (status != JXL_ENC_SUCCESS && writer->status == GRL_IMAGE_OK) grl_writer_fail(writer, GRL_IMAGE_UNSUPPORTED, "libjxl cannot encode it");
    if (writer->status == GRL_IMAGE_OK) grl_writer_flush(writer);
  }
  free(block);
  if (encoder) EncoderDestroy_(encoder);
  return writer->status;
}

#else

static const char not_built[] = "this program was built without libjxl (Debian package libjxl-dev)";

const char *grl_jxl_reason(void) { return not_built; }

grl_image_reader *grl_jxl_open(grl_image_source source, grl_image_limits limits) {
  return grl_reader_without_library(source, limits, not_built);
}

grl_image_status grl_jxl_write(grl_image_writer *writer, const grl_picture *picture, grl_encoding encoding) {
  (void)picture, (void)encoding;
  return grl_writer_fail(writer, GRL_IMAGE_UNSUPPORTED, not_built);
}

#endif
