#include <stdio.h>  // jpeglib.h needs it
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

#include "image_io.h"

// Reading

typedef struct {
  grl_image_reader base;
  struct jpeg_decompress_struct jpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_source_mgr source;
  struct jpeg_progress_mgr progress;
  int header_done;
  /// Markers kept so far, and the last of them that is counted.
  int markers;
  jpeg_saved_marker_ptr counted;
  /// Copies: libjpeg's own go with the last row.
  JOCTET *icc;
  grl_inks *inks;
  /// The source has ended although more was asked for.
  int is_ended;
  /// Each scan holds a part of all rows.
  int has_scans;
  /// What was found wrong with the samples first (OK, CUT or DAMAGED), and the first row that it touches; -1 where scans
  /// cover all rows.
  grl_image_status fault;
  int64_t fault_row;
  /// All rows are there; how much was read since.
  int is_finishing;
  uint64_t trailing;
} jpeg_reader;

/// Whether the file may be sound though libjpeg does not decode it.
static int is_unsupported(int code) {
  switch (code) {
  case JERR_ARITH_NOTIMPL:
  case JERR_BAD_PRECISION:
  case JERR_CCIR601_NOTIMPL:
  case JERR_CONVERSION_NOTIMPL:
  case JERR_FRACT_SAMPLE_NOTIMPL:
  case JERR_IMAGE_TOO_BIG:
  case JERR_NOTIMPL:
  case JERR_NOT_COMPILED:
  case JERR_SOF_UNSUPPORTED:
  case JERR_WIDTH_OVERFLOW:
    return 1;
  default:
    return 0;
  }
}

static grl_image_status status_of(int code) {
  if (code == JERR_OUT_OF_MEMORY) return GRL_IMAGE_NO_MEMORY;
  return is_unsupported(code) ? GRL_IMAGE_UNSUPPORTED : GRL_IMAGE_DAMAGED;
}

static void read_failed(j_common_ptr jpeg) {
  jpeg_reader *reader = jpeg->client_data;
  char message[JMSG_LENGTH_MAX];
  reader->base.status = status_of(jpeg->err->msg_code);
  (*jpeg->err->format_message)(jpeg, message);
  grl_note_error(&reader->base.notes, message);
  longjmp(reader->base.escape, 1);
}

/// Leaves with a message of our own.
static void read_refused(jpeg_reader *reader, grl_image_status status, const char *message) {
  reader->base.status = status;
  grl_note_error(&reader->base.notes, message);
  longjmp(reader->base.escape, 1);
}

/// First row that is not decoded yet; -1 where a scan adds detail to all rows.
static int64_t row_in_work(const jpeg_reader *reader) {
  const struct jpeg_decompress_struct *jpeg = &reader->jpeg;
  if (reader->has_scans) return -1;
  const int64_t row = (int64_t)jpeg->input_iMCU_row * jpeg->max_v_samp_factor * DCTSIZE;
  return row < jpeg->image_height ? row : (int64_t)jpeg->image_height - 1;
}

/// Takes note of samples that are missing or wrong, and leaves unless they are to be kept.
static void read_damaged(jpeg_reader *reader, grl_image_status fault, const char *reason) {
  if (reader->fault != GRL_IMAGE_OK) return;
  reader->fault = fault;
  reader->fault_row = row_in_work(reader);
  if (reader->base.limits.keeps_damaged && reader->fault_row != 0) return;
  reader->base.row = reader->fault_row;
  read_refused(reader, fault, reason);
}

/// libjpeg's warnings in words for people. Those that cost samples are errors here.
static void read_warned(j_common_ptr jpeg, int level) {
  if (level >= 0) return;  // trace messages
  jpeg_reader *reader = jpeg->client_data;
  grl_image_notes *notes = &reader->base.notes;
  const int *values = jpeg->err->msg_parm.i;
  char text[GRL_MESSAGE_SIZE];
  switch (jpeg->err->msg_code) {
  case JWRN_HIT_MARKER:
    // A part between restart marks may be short while later ones are whole.
    read_damaged(reader, reader->is_ended || reader->jpeg.restart_interval == 0 ? GRL_IMAGE_CUT : GRL_IMAGE_DAMAGED,
                 "samples are missing");
    return;
  case JWRN_JPEG_EOF:
    reader->is_ended = 1;
    // Arithmetic coding takes what is missing for zeros, and says nothing.
    if (reader->jpeg.arith_code && !reader->is_finishing && reader->jpeg.input_iMCU_row + 1 < reader->jpeg.total_iMCU_rows) {
      read_damaged(reader, GRL_IMAGE_CUT, "samples are missing");
    }
    return;
  case JWRN_HUFF_BAD_CODE:
  case JWRN_ARITH_BAD_CODE: read_damaged(reader, GRL_IMAGE_DAMAGED, "a code that means nothing"); return;
  case JWRN_MUST_RESYNC: read_damaged(reader, GRL_IMAGE_DAMAGED, "a part between restart marks is missing"); return;
  case JWRN_EXTRANEOUS_DATA:
    snprintf(text, sizeof text, "%d bytes before marker %02x belong to nothing; part of the picture may be wrong", values[0],
             (unsigned)values[1]);
    break;
  case JWRN_BOGUS_PROGRESSION:
    snprintf(text, sizeof text, "a scan refines what none began; detail may be wrong");
    break;
  case JWRN_NOT_SEQUENTIAL: snprintf(text, sizeof text, "a scan's parameters are those of another kind of JPEG"); break;
  case JWRN_JFIF_MAJOR: snprintf(text, sizeof text, "JFIF version %d.%02d is not known", values[0], values[1]); break;
  case JWRN_ADOBE_XFORM: snprintf(text, sizeof text, "Adobe's colour transform %d is not known", values[0]); break;
  case JWRN_BOGUS_ICC: snprintf(text, sizeof text, "the colour profile is in pieces that do not fit; left out"); break;
  default: snprintf(text, sizeof text, "an oddity that libjpeg numbers %d", jpeg->err->msg_code); break;
  }
  grl_note_warning(notes, text);
}

static void discard_message(j_common_ptr jpeg) { (void)jpeg; }

static void begin_source(j_decompress_ptr jpeg) { (void)jpeg; }

/// Bounds what comes before the picture: its bytes, and the number of markers kept. Empty ones take many times their
/// bytes, and libjpeg walks the whole list to append one. A profile has 255 at most, other data fill theirs with 64 KB.
static void check_prelude(jpeg_reader *reader) {
  const int most_markers = 4096;
  jpeg_saved_marker_ptr marker = reader->counted ? reader->counted->next : reader->jpeg.marker_list;
  for (; marker; marker = marker->next) {
    reader->markers++;
    reader->counted = marker;
  }
  if (reader->base.consumed > reader->base.limits.metadata_bytes || reader->markers > most_markers) {
    read_refused(reader, GRL_IMAGE_DAMAGED, "more data before the picture than the limit allows");
  }
}

static boolean fill_source(j_decompress_ptr jpeg) {
  static const JOCTET end_of_image[] = {0xFF, JPEG_EOI};
  jpeg_reader *reader = jpeg->client_data;
  if (!reader->header_done) check_prelude(reader);
  // Behind the last row an end mark is looked for, but not through any length of other data.
  const uint64_t most_trailing = 1 << 16;
  if (reader->is_finishing && reader->trailing > most_trailing) {
    jpeg->src->next_input_byte = end_of_image;
    jpeg->src->bytes_in_buffer = sizeof end_of_image;
    return TRUE;
  }
  int filled = grl_reader_fill(&reader->base);
  if (filled < 0) longjmp(reader->base.escape, 1);
  if (filled == 0) {
    if (reader->base.consumed == 0) ERREXIT(jpeg, JERR_INPUT_EMPTY);
    WARNMS(jpeg, JWRN_JPEG_EOF);  // what is missing stays gray
    jpeg->src->next_input_byte = end_of_image;
    jpeg->src->bytes_in_buffer = sizeof end_of_image;
    return TRUE;
  }
  if (reader->is_finishing) reader->trailing += reader->base.available;
  jpeg->src->next_input_byte = reader->base.next;
  jpeg->src->bytes_in_buffer = reader->base.available;
  return TRUE;
}

static void skip_source(j_decompress_ptr jpeg, long count) {
  if (count <= 0) return;
  while ((size_t)count > jpeg->src->bytes_in_buffer) {
    count -= (long)jpeg->src->bytes_in_buffer;
    fill_source(jpeg);
  }
  jpeg->src->next_input_byte += count;
  jpeg->src->bytes_in_buffer -= (size_t)count;
}

static void end_source(j_decompress_ptr jpeg) { (void)jpeg; }

/// Called for every line of blocks and every row. A progressive file may hold thousands of empty scans, each of which costs a pass
/// over the whole picture.
static void look_around(j_common_ptr jpeg) {
  jpeg_reader *reader = jpeg->client_data;
  if (grl_reader_is_cancelled(&reader->base)) longjmp(reader->base.escape, 1);
  if ((uint32_t)reader->jpeg.input_scan_number > reader->base.limits.jpeg_scans) {
    read_refused(reader, GRL_IMAGE_DAMAGED, "more scans than the limit allows");
  }
}

static int begins_with(jpeg_saved_marker_ptr marker, const char *text, size_t count) {
  return marker->data_length > count && memcmp(marker->data, text, count) == 0;
}

/// Which markers are looked at, and how much of them. Off again for what lies behind the header.
static void save_markers(j_decompress_ptr jpeg, int on) {
  jpeg_save_markers(jpeg, JPEG_APP0 + 1, on ? 0xFFFF : 0);  // EXIF, XMP
  jpeg_save_markers(jpeg, JPEG_APP0 + 2, on ? 0xFFFF : 0);  // ICC
  jpeg_save_markers(jpeg, JPEG_APP0 + 13, on ? 0xFFFF : 0);  // Photoshop, with IPTC
  jpeg_save_markers(jpeg, JPEG_COM, on ? 16 : 0);
}

/// A marker's data behind its mark: libjpeg's own go with the last row.
static const uint8_t *copied(jpeg_reader *reader, jpeg_saved_marker_ptr marker, size_t mark, size_t *count) {
  *count = marker->data_length - mark;
  uint8_t *bytes = grl_reader_keep(&reader->base, *count);
  if (!bytes) read_refused(reader, GRL_IMAGE_NO_MEMORY, "no memory for metadata");
  memcpy(bytes, marker->data + mark, *count);
  return bytes;
}

static void read_metadata(jpeg_reader *reader) {
  static const char exif_mark[] = "Exif\0";  // six bytes with the terminating zero
  static const char xmp_mark[] = "http://ns.adobe.com/xap/1.0/";  // with the terminating zero
  static const char extended_xmp_mark[] = "http://ns.adobe.com/xmp/extension/";
  static const char photoshop_mark[] = "Photoshop 3.0";
  grl_image_metadata *metadata = &reader->base.metadata;
  j_decompress_ptr jpeg = &reader->jpeg;

  unsigned int icc_count;
  if (jpeg_read_icc_profile(jpeg, &reader->icc, &icc_count)) {
    metadata->icc = reader->icc;
    metadata->icc_count = icc_count;
  }
  for (jpeg_saved_marker_ptr marker = jpeg->marker_list; marker; marker = marker->next) {
    int is_app1 = marker->marker == JPEG_APP0 + 1;
    if (is_app1 && !metadata->exif && begins_with(marker, exif_mark, sizeof exif_mark)) {
      metadata->exif = copied(reader, marker, sizeof exif_mark, &metadata->exif_count);
    }
    if (is_app1 && !metadata->xmp && begins_with(marker, xmp_mark, sizeof xmp_mark)) {
      metadata->xmp = copied(reader, marker, sizeof xmp_mark, &metadata->xmp_count);
    }
    if (is_app1 && begins_with(marker, extended_xmp_mark, sizeof extended_xmp_mark)) metadata->dropped |= GRL_DROPPED_XMP;
    if (marker->marker == JPEG_APP0 + 13 && !metadata->iptc && begins_with(marker, photoshop_mark, sizeof photoshop_mark)) {
      size_t count;
      const uint8_t *record = grl_iptc_record(marker->data + sizeof photoshop_mark, marker->data_length - sizeof photoshop_mark, &count);
      if (record) {
        uint8_t *bytes = grl_reader_keep(&reader->base, count);
        if (!bytes) read_refused(reader, GRL_IMAGE_NO_MEMORY, "no memory for IPTC");
        memcpy(bytes, record, count);
        metadata->iptc = bytes;
        metadata->iptc_count = count;
      }
    }
    if (marker->marker == JPEG_COM) metadata->dropped |= GRL_DROPPED_TEXT;
  }
  double unit = jpeg->density_unit == 1 ? 1 / 0.0254 : jpeg->density_unit == 2 ? 100 : 0;
  if (jpeg->saw_JFIF_marker && unit > 0 && jpeg->X_density > 0 && jpeg->Y_density > 0) {
    metadata->density_x = jpeg->X_density * unit;
    metadata->density_y = jpeg->Y_density * unit;
  }
}

/// A Huffman-coded file spends at least one bit on each block of 8 x 8 values, and its components have together at
/// least one block for every 64 pixels (in the oddest sampling every 128). Arithmetic coding has no such bound, and 200
/// bytes may stand for millions of blank pixels that take minutes: what holds a picture is held to the same.
static int is_hopelessly_short(const jpeg_reader *reader) {
  const uint64_t pixels = (uint64_t)reader->base.header.width * reader->base.header.height;
  return grl_is_hopelessly_short(reader->base.source.count, pixels, reader->jpeg.arith_code ? 1 << 20 : 1 << 16, 8 * 128);
}

static void choose_output(jpeg_reader *reader) {
  j_decompress_ptr jpeg = &reader->jpeg;
  grl_image_header *header = &reader->base.header;
  header->bit_depth = 8;
  switch (jpeg->jpeg_color_space) {
  case JCS_GRAYSCALE:
    jpeg->out_color_space = JCS_GRAYSCALE;
    header->channels = 1;
    break;
  case JCS_RGB:
  case JCS_YCbCr:
    jpeg->out_color_space = JCS_RGB;
    header->channels = 3;
    break;
  case JCS_CMYK:
  case JCS_YCCK:
    jpeg->out_color_space = JCS_CMYK;
    header->channels = 3;
    header->is_cmyk = GRL_CMYK_PLAIN;
    break;
  default: {
    char message[64];
    snprintf(message, sizeof message, "JPEG with %d components of unknown meaning", jpeg->num_components);
    read_refused(reader, GRL_IMAGE_UNSUPPORTED, message);
  }
  }
}

static grl_image_status read_header(grl_image_reader *base) {
  jpeg_reader *reader = (jpeg_reader *)base;
  j_decompress_ptr jpeg = &reader->jpeg;
  if (setjmp(base->escape)) return base->status;

  jpeg->err = jpeg_std_error(&reader->errors);
  reader->errors.error_exit = read_failed;
  reader->errors.emit_message = read_warned;
  reader->errors.output_message = discard_message;
  jpeg->client_data = reader;
  jpeg_create_decompress(jpeg);
  reader->progress.progress_monitor = look_around;
  jpeg->progress = &reader->progress;
  reader->source = (struct jpeg_source_mgr){
      .init_source = begin_source, .fill_input_buffer = fill_source, .skip_input_data = skip_source,
      .resync_to_restart = jpeg_resync_to_restart, .term_source = end_source};
  jpeg->src = &reader->source;

  save_markers(jpeg, 1);
  jpeg_read_header(jpeg, TRUE);
  reader->header_done = 1;
  base->block_size = GRL_BLOCK;
  save_markers(jpeg, 0);

  base->header.width = jpeg->image_width;
  base->header.height = jpeg->image_height;
  if (grl_reader_check_sides(base)) return base->status;
  if (is_hopelessly_short(reader)) read_refused(reader, GRL_IMAGE_DAMAGED, "far too short for the sides it declares");
  reader->has_scans = jpeg_has_multiple_scans(jpeg);
  for (int i = 0; reader->has_scans && i < jpeg->num_components; i++) {
    const jpeg_component_info *component = &jpeg->comp_info[i];
    base->header.scan_bytes += (uint64_t)component->width_in_blocks * component->height_in_blocks * sizeof(JBLOCK);
  }
  choose_output(reader);
  read_metadata(reader);
  if (base->header.is_cmyk) {
    if (!(reader->inks = grl_inks_create(reader->icc, base->metadata.icc_count, 8))) {
      read_refused(reader, GRL_IMAGE_NO_MEMORY, "no memory for inks");
    }
    base->header.is_cmyk = base->metadata.icc && grl_inks_have_profile(reader->inks) ? GRL_CMYK_PROFILE : GRL_CMYK_PLAIN;
  }
  return GRL_IMAGE_OK;
}

/// Inks of a row as 0 for none; Adobe's files hold them inverted.
static void turn_inks(JSAMPLE *inks, size_t width, int is_inverted) {
  for (size_t i = 0; is_inverted && i < width * 4; i++) inks[i] ^= 0xFF;
}

/// Whether a progressive file has not told all bits of all coefficients.
static int lacks_detail(j_decompress_ptr jpeg) {
  if (!jpeg->progressive_mode || !jpeg->coef_bits) return 0;
  for (int component = 0; component < jpeg->num_components; component++) {
    for (int k = 0; k < DCTSIZE2; k++) {
      if (jpeg->coef_bits[component][k] != 0) return 1;
    }
  }
  return 0;
}

/// What was wrong with samples that are kept nevertheless.
static void note_fault(jpeg_reader *reader) {
  char text[GRL_MESSAGE_SIZE];
  if (reader->fault == GRL_IMAGE_OK) {
    if (reader->is_ended) grl_note_warning(&reader->base.notes, "the end mark is missing");
    return;
  }
  const char *what = reader->fault == GRL_IMAGE_CUT ? "ends" : "damaged";
  if (reader->fault_row >= 0) {
    snprintf(text, sizeof text, "%s at row %lld of %u; from there on samples are missing or wrong", what,
             (long long)reader->fault_row, reader->base.header.height);
  } else {
    snprintf(text, sizeof text, "%s within its scans; part of every row is missing or wrong", what);
  }
  grl_note_first(&reader->base.notes, text);
}

static grl_image_status read_samples(grl_image_reader *base, void *samples) {
  jpeg_reader *reader = (jpeg_reader *)base;
  j_decompress_ptr jpeg = &reader->jpeg;
  if (setjmp(base->escape)) return base->status;

  jpeg_start_decompress(jpeg);
  if (reader->is_ended && lacks_detail(jpeg)) read_damaged(reader, GRL_IMAGE_CUT, "scans are missing");
  size_t row_bytes = (size_t)jpeg->output_width * base->header.channels;
  JSAMPARRAY inks = NULL;
  if (base->header.is_cmyk) {
    inks = (*jpeg->mem->alloc_sarray)((j_common_ptr)jpeg, JPOOL_IMAGE, jpeg->output_width * 4, 1);
  }
  while (jpeg->output_scanline < jpeg->output_height) {
    JSAMPROW row = (JSAMPROW)samples + jpeg->output_scanline * row_bytes;
    base->row = jpeg->output_scanline;
    jpeg_read_scanlines(jpeg, inks ? inks : &row, 1);
    if (!inks) continue;
    turn_inks(inks[0], jpeg->output_width, jpeg->saw_Adobe_marker);
    grl_inks_convert(reader->inks, inks[0], row, jpeg->output_width);
  }
  base->row = -1;
  reader->is_finishing = 1;
  jpeg_finish_decompress(jpeg);
  note_fault(reader);
  return GRL_IMAGE_OK;
}

static void close_reader(grl_image_reader *base) {
  jpeg_reader *reader = (jpeg_reader *)base;
  jpeg_destroy_decompress(&reader->jpeg);
  free(reader->icc);
  grl_inks_destroy(reader->inks);
}

grl_image_reader *grl_jpeg_open(grl_image_source source, grl_image_limits limits) {
  jpeg_reader *reader = grl_reader_create(sizeof *reader, source, limits);
  if (!reader) return NULL;
  reader->base.read_header = read_header;
  reader->base.read_samples = read_samples;
  reader->base.close = close_reader;
  return &reader->base;
}

// Writing

typedef struct {
  struct jpeg_compress_struct jpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_destination_mgr destination;
  JOCTET block[GRL_BLOCK];
} jpeg_encoder;

static void write_failed(j_common_ptr jpeg) {
  grl_image_writer *writer = jpeg->client_data;
  char message[JMSG_LENGTH_MAX];
  (*jpeg->err->format_message)(jpeg, message);
  writer->status = jpeg->err->msg_code == JERR_OUT_OF_MEMORY ? GRL_IMAGE_NO_MEMORY : GRL_IMAGE_UNSUPPORTED;
  grl_note_error(&writer->notes, message);
  longjmp(writer->escape, 1);
}

static void write_warned(j_common_ptr jpeg, int level) {
  if (level >= 0) return;
  grl_image_writer *writer = jpeg->client_data;
  char message[JMSG_LENGTH_MAX];
  (*jpeg->err->format_message)(jpeg, message);
  grl_note_warning(&writer->notes, message);
}

static void begin_block(j_compress_ptr jpeg) {
  jpeg->dest->next_output_byte = ((jpeg_encoder *)jpeg)->block;
  jpeg->dest->free_in_buffer = GRL_BLOCK;
}

static void put_block(j_compress_ptr jpeg, size_t count) {
  grl_image_writer *writer = jpeg->client_data;
  if (grl_writer_put(writer, ((jpeg_encoder *)jpeg)->block, count)) longjmp(writer->escape, 1);
}

static boolean put_full_block(j_compress_ptr jpeg) {
  put_block(jpeg, GRL_BLOCK);
  begin_block(jpeg);
  return TRUE;
}

static void put_last_block(j_compress_ptr jpeg) { put_block(jpeg, GRL_BLOCK - jpeg->dest->free_in_buffer); }

/// Square of what rounding takes away, in dots per inch.
static double rounding(double value, double scale) {
  double off = (value - (double)(long long)(value + 0.5)) * scale;
  return off * off;
}

/// JFIF holds whole dots per inch or per centimetre: the nearer of both.
static void set_density(j_compress_ptr jpeg, const grl_image_metadata *metadata) {
  double x = metadata->density_x * 0.0254, y = metadata->density_y * 0.0254;
  double cm_x = metadata->density_x / 100, cm_y = metadata->density_y / 100;
  int use_cm = rounding(cm_x, 2.54) + rounding(cm_y, 2.54) < rounding(x, 1) + rounding(y, 1);
  if (use_cm) {
    x = cm_x;
    y = cm_y;
  }
  if (!(x >= 0.5 && y >= 0.5 && x < 65535 && y < 65535)) return;
  jpeg->density_unit = use_cm ? 2 : 1;
  jpeg->X_density = (UINT16)(x + 0.5);
  jpeg->Y_density = (UINT16)(y + 0.5);
}

static void write_marker(
    j_compress_ptr jpeg, int marker, const void *mark, size_t mark_count, const uint8_t *bytes, size_t count) {
  jpeg_write_m_header(jpeg, marker, (unsigned int)(mark_count + count));
  for (size_t i = 0; i < mark_count; i++) jpeg_write_m_byte(jpeg, ((const uint8_t *)mark)[i]);
  for (size_t i = 0; i < count; i++) jpeg_write_m_byte(jpeg, bytes[i]);
}

static void write_metadata(j_compress_ptr jpeg, const grl_image_metadata *metadata) {
  static const char exif_mark[] = "Exif\0", xmp_mark[] = "http://ns.adobe.com/xap/1.0/";
  if (metadata->exif) {
    write_marker(jpeg, JPEG_APP0 + 1, exif_mark, sizeof exif_mark, metadata->exif, metadata->exif_count);
  }
  if (metadata->xmp) write_marker(jpeg, JPEG_APP0 + 1, xmp_mark, sizeof xmp_mark, metadata->xmp, metadata->xmp_count);
  if (metadata->iptc) {
    // Photoshop's mark, and one image resource, 1028, without a name.
    uint8_t mark[26] = "Photoshop 3.0\0008BIM\4\4\0";
    for (int i = 0; i < 4; i++) mark[22 + i] = (uint8_t)(metadata->iptc_count >> (24 - 8 * i));
    write_marker(jpeg, JPEG_APP0 + 13, mark, sizeof mark, metadata->iptc, metadata->iptc_count);
  }
}

static void write_picture(j_compress_ptr jpeg, const grl_picture *picture, int quality, int full_chroma) {
  jpeg->image_width = picture->width;
  jpeg->image_height = picture->height;
  jpeg->input_components = (int)picture->channels;
  jpeg->in_color_space = picture->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(jpeg);  // 4:2:0
  jpeg_set_quality(jpeg, quality, TRUE);
  if (full_chroma) jpeg->comp_info[0].h_samp_factor = jpeg->comp_info[0].v_samp_factor = 1;
  set_density(jpeg, &picture->metadata);

  jpeg_start_compress(jpeg, TRUE);
  write_metadata(jpeg, &picture->metadata);
  if (picture->metadata.icc) {
    jpeg_write_icc_profile(jpeg, picture->metadata.icc, (unsigned int)picture->metadata.icc_count);
  }
  size_t row_bytes = (size_t)picture->width * picture->channels;
  while (jpeg->next_scanline < jpeg->image_height) {
    JSAMPROW row = (JSAMPROW)picture->samples + jpeg->next_scanline * row_bytes;
    jpeg_write_scanlines(jpeg, &row, 1);
  }
  jpeg_finish_compress(jpeg);
}

grl_image_status grl_jpeg_write(grl_image_writer *writer, const grl_picture *picture, grl_encoding encoding) {
  jpeg_encoder *encoder = calloc(1, sizeof *encoder);
  if (!encoder) return writer->status = GRL_IMAGE_NO_MEMORY;
  j_compress_ptr jpeg = &encoder->jpeg;
  jpeg->err = jpeg_std_error(&encoder->errors);
  encoder->errors.error_exit = write_failed;
  encoder->errors.emit_message = write_warned;
  encoder->errors.output_message = discard_message;
  jpeg->client_data = writer;
  if (setjmp(writer->escape) == 0) {
    jpeg_create_compress(jpeg);
    encoder->destination = (struct jpeg_destination_mgr){
        .init_destination = begin_block, .empty_output_buffer = put_full_block, .term_destination = put_last_block};
    jpeg->dest = &encoder->destination;
    write_picture(jpeg, picture, encoding.quality, encoding.full_chroma);
    grl_writer_flush(writer);
  }
  jpeg_destroy_compress(jpeg);
  free(encoder);
  return writer->status;
}
