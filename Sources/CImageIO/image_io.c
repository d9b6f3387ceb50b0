#include "image_io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void copy_message(char *to, const char *from) {
  strncpy(to, from, GRL_MESSAGE_SIZE - 1);
  to[GRL_MESSAGE_SIZE - 1] = 0;
}

void grl_note_error(grl_image_notes *notes, const char *message) { copy_message(notes->message, message); }

void grl_note_warning(grl_image_notes *notes, const char *message) {
  if (notes->warning_count < GRL_WARNINGS_KEPT) copy_message(notes->warnings[notes->warning_count], message);
  notes->warning_count++;
}

void grl_note_first(grl_image_notes *notes, const char *message) {
  memmove(notes->warnings[1], notes->warnings[0], sizeof notes->warnings[0] * (GRL_WARNINGS_KEPT - 1));
  copy_message(notes->warnings[0], message);
  notes->warning_count++;
}

const char *grl_image_notes_message(const grl_image_notes *notes) { return notes->message; }
int grl_image_notes_errno(const grl_image_notes *notes) { return notes->error_number; }
size_t grl_image_notes_warning_count(const grl_image_notes *notes) { return notes->warning_count; }

const char *grl_image_notes_warning(const grl_image_notes *notes, size_t index) {
  return index < GRL_WARNINGS_KEPT && index < notes->warning_count ? notes->warnings[index] : NULL;
}

// Reading

void *grl_reader_create(size_t size, grl_image_source source, grl_image_limits limits) {
  grl_image_reader *reader = calloc(1, size);
  if (!reader) return NULL;
  reader->source = source;
  reader->limits = limits;
  reader->metadata.srgb_intent = -1;
  reader->row = -1;
  reader->block_size = GRL_HEADER_BLOCK;
  if (!source.bytes && !(reader->block = malloc(GRL_BLOCK))) {
    free(reader);
    return NULL;
  }
  return reader;
}

int grl_reader_is_cancelled(grl_image_reader *reader) {
  const grl_image_limits *limits = &reader->limits;
  if (!limits->is_cancelled || !limits->is_cancelled(limits->cancel_context)) return 0;
  reader->status = GRL_IMAGE_CANCELLED;
  return 1;
}

int grl_reader_fill(grl_image_reader *reader) {
  if (grl_reader_is_cancelled(reader)) return -1;
  const grl_image_source *source = &reader->source;
  if (source->bytes) {
    uint64_t left = source->count - reader->consumed;
    reader->next = source->bytes + reader->consumed;
    reader->available = left < reader->block_size ? (size_t)left : reader->block_size;
  } else {
    ssize_t got;
    do got = read(source->descriptor, reader->block, reader->block_size);
    while (got < 0 && errno == EINTR);
    if (got < 0) {
      reader->status = GRL_IMAGE_IO;
      reader->notes.error_number = errno;
      return -1;
    }
    reader->next = reader->block;
    reader->available = (size_t)got;
  }
  reader->consumed += reader->available;
  return reader->available > 0;
}

grl_image_status grl_reader_check_sides(grl_image_reader *reader) {
  uint64_t width = reader->header.width, height = reader->header.height;
  int fits = width <= reader->limits.side && height <= reader->limits.side && width * height <= reader->limits.pixels;
  return reader->status = fits ? GRL_IMAGE_OK : GRL_IMAGE_TOO_LARGE;
}

grl_image_status grl_image_read_header(grl_image_reader *reader) { return reader->read_header(reader); }

grl_image_status grl_image_read_samples(grl_image_reader *reader, void *samples) {
  return reader->read_samples(reader, samples);
}

int64_t grl_image_reader_row(const grl_image_reader *reader) { return reader->row; }
const grl_image_header *grl_image_reader_header(const grl_image_reader *reader) { return &reader->header; }
const grl_image_metadata *grl_image_reader_metadata(const grl_image_reader *reader) { return &reader->metadata; }
const grl_image_notes *grl_image_reader_notes(const grl_image_reader *reader) { return &reader->notes; }

void grl_image_close(grl_image_reader *reader) {
  reader->close(reader);
  free(reader->block);
  free(reader);
}

// Writing

grl_image_writer *grl_image_writer_create(int descriptor) {
  grl_image_writer *writer = calloc(1, sizeof *writer);
  if (!writer) return NULL;
  writer->descriptor = descriptor;
  writer->capacity = GRL_BLOCK;
  if (!(writer->bytes = malloc(writer->capacity))) {
    free(writer);
    return NULL;
  }
  return writer;
}

static int fail(grl_image_writer *writer, grl_image_status status) {
  writer->status = status;
  writer->notes.error_number = errno;
  return -1;
}

static int write_all(grl_image_writer *writer, const uint8_t *bytes, size_t count) {
  while (count > 0) {
    ssize_t put = write(writer->descriptor, bytes, count);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return fail(writer, GRL_IMAGE_IO);
    bytes += put;
    count -= (size_t)put;
  }
  return 0;
}

int grl_writer_flush(grl_image_writer *writer) {
  if (writer->descriptor < 0) return 0;
  size_t count = writer->count;
  writer->count = 0;
  return write_all(writer, writer->bytes, count);
}

int grl_writer_put(grl_image_writer *writer, const uint8_t *bytes, size_t count) {
  if (count > writer->capacity - writer->count) {
    if (writer->descriptor >= 0) {
      if (grl_writer_flush(writer)) return -1;
      if (count > writer->capacity) return write_all(writer, bytes, count);
    } else {
      size_t capacity = writer->capacity;
      while (count > capacity - writer->count) capacity *= 2;
      uint8_t *grown = realloc(writer->bytes, capacity);
      if (!grown) return fail(writer, GRL_IMAGE_NO_MEMORY);
      writer->bytes = grown;
      writer->capacity = capacity;
    }
  }
  memcpy(writer->bytes + writer->count, bytes, count);
  writer->count += count;
  return 0;
}

const uint8_t *grl_image_writer_bytes(const grl_image_writer *writer, size_t *count) {
  *count = writer->count;
  return writer->bytes;
}

const grl_image_notes *grl_image_writer_notes(const grl_image_writer *writer) { return &writer->notes; }

void grl_image_writer_destroy(grl_image_writer *writer) {
  free(writer->bytes);
  free(writer);
}
