#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#include "library.h"

#if defined(__APPLE__)
#define SONAME "libtiff.6.dylib"
#else
#define SONAME "libtiff.so.6"
#endif

// TIFF*, TIFFOpenOptions* and thandle_t are all void* here; tmsize_t is ssize_t, toff_t uint64_t.
typedef int (*message_handler)(void *, void *, const char *, const char *, va_list);
typedef ssize_t (*transfer)(void *, void *, ssize_t);

static struct {
  const char *(*get_version)(void);
  void *(*options_alloc)(void);
  void (*options_free)(void *);
  void (*options_set_limit)(void *, ssize_t);
  void (*options_set_error_handler)(void *, message_handler, void *);
  void (*options_set_warning_handler)(void *, message_handler, void *);
  void *(*open)(
      const char *, const char *, void *, transfer, transfer, uint64_t (*)(void *, uint64_t, int), int (*)(void *),
      uint64_t (*)(void *), int (*)(void *, void **, uint64_t *), void (*)(void *, void *, uint64_t), void *);
  void (*close)(void *);
  int (*get_field)(void *, uint32_t, ...);
  int (*get_field_defaulted)(void *, uint32_t, ...);
  int (*is_tiled)(void *);
  uint64_t (*scanline_size)(void *);
  int (*read_scanline)(void *, void *, uint32_t, uint16_t);
  int (*is_rgba_readable)(void *, char *);
  int (*read_rgba)(void *, uint32_t, uint32_t, uint32_t *, int, int);
} tiff;
static bool is_loaded;
static char load_error[LIBRARY_MESSAGE_SIZE], version[32];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
  const struct library_symbol symbols[] = {
      {"TIFFGetVersion", &tiff.get_version},
      {"TIFFOpenOptionsAlloc", &tiff.options_alloc},
      {"TIFFOpenOptionsFree", &tiff.options_free},
      {"TIFFOpenOptionsSetMaxSingleMemAlloc", &tiff.options_set_limit},
      {"TIFFOpenOptionsSetErrorHandlerExtR", &tiff.options_set_error_handler},
      {"TIFFOpenOptionsSetWarningHandlerExtR", &tiff.options_set_warning_handler},
      {"TIFFClientOpenExt", &tiff.open},
      {"TIFFClose", &tiff.close},
      {"TIFFGetField", &tiff.get_field},
      {"TIFFGetFieldDefaulted", &tiff.get_field_defaulted},
      {"TIFFIsTiled", &tiff.is_tiled},
      {"TIFFScanlineSize64", &tiff.scanline_size},
      {"TIFFReadScanline", &tiff.read_scanline},
      {"TIFFRGBAImageOK", &tiff.is_rgba_readable},
      {"TIFFReadRGBAImageOriented", &tiff.read_rgba},
  };
  is_loaded = library_load(SONAME, symbols, sizeof symbols / sizeof *symbols, load_error);
  // "LIBTIFF, Version 4.5.0" and lines of copyright.
  if (is_loaded) sscanf(tiff.get_version(), "%*[^0-9]%31[0-9.]", version);
}

const char *tiff_load_error(void) {
  pthread_once(&once, load);
  return is_loaded ? NULL : load_error;
}

const char *tiff_version(void) { return tiff_load_error() ? NULL : version; }

// The file in memory. libtiff's own mapping is not used: its reads through callbacks check every length.

static ssize_t read_bytes(void *client, void *target, ssize_t size) {
  struct tiff_page *page = client;
  if (size <= 0 || page->position >= page->count) return 0;
  uint64_t rest = page->count - page->position;
  uint64_t taken = (uint64_t)size < rest ? (uint64_t)size : rest;
  memcpy(target, page->bytes + page->position, taken);
  page->position += taken;
  return (ssize_t)taken;
}

static ssize_t write_bytes(void *client, void *source, ssize_t size) { return 0; }

static uint64_t seek_byte(void *client, uint64_t offset, int origin) {
  struct tiff_page *page = client;
  uint64_t base = origin == SEEK_SET ? 0 : origin == SEEK_CUR ? page->position : page->count;
  page->position = base + offset;
  return page->position;
}

static int close_file(void *client) { return 0; }

static uint64_t file_size(void *client) { return ((struct tiff_page *)client)->count; }

static int map_file(void *client, void **base, uint64_t *size) { return 0; }

static void unmap_file(void *client, void *base, uint64_t size) {}

// The first error is the cause of the others.
static int keep_error(void *file, void *user, const char *module, const char *format, va_list arguments) {
  struct tiff_page *page = user;
  if (page->message[0] == 0) vsnprintf(page->message, sizeof page->message, format, arguments);
  return 1;
}

static int ignore_warning(void *file, void *user, const char *module, const char *format, va_list arguments) {
  return 1;
}

enum {
  TAG_WIDTH = 256,
  TAG_HEIGHT = 257,
  TAG_BITS = 258,
  TAG_COMPRESSION = 259,
  TAG_PHOTOMETRIC = 262,
  TAG_ORIENTATION = 274,
  TAG_SAMPLES = 277,
  TAG_PLANAR = 284,
  TAG_EXTRA_SAMPLES = 338,
  TAG_SAMPLE_FORMAT = 339,
};

bool tiff_open(struct tiff_page *page, const uint8_t *bytes, size_t count, size_t memory_limit) {
  memset(page, 0, sizeof *page);
  page->bytes = bytes;
  page->count = count;
  if (tiff_load_error()) return false;
  void *options = tiff.options_alloc();
  if (options == NULL) return false;
  tiff.options_set_limit(options, (ssize_t)memory_limit);
  tiff.options_set_error_handler(options, keep_error, page);
  tiff.options_set_warning_handler(options, ignore_warning, page);
  // m: no mapping into memory.
  page->file = tiff.open(
      "picture", "rm", page, read_bytes, write_bytes, seek_byte, close_file, file_size, map_file, unmap_file, options);
  tiff.options_free(options);
  if (page->file == NULL) return false;
  bool has_size = tiff.get_field(page->file, TAG_WIDTH, &page->width) &&
                  tiff.get_field(page->file, TAG_HEIGHT, &page->height) &&
                  tiff.get_field(page->file, TAG_PHOTOMETRIC, &page->photometric);
  if (!has_size) {
    if (page->message[0] == 0) snprintf(page->message, sizeof page->message, "size or photometric tag is missing");
    tiff_close(page);
    return false;
  }
  tiff.get_field_defaulted(page->file, TAG_BITS, &page->bits);
  tiff.get_field_defaulted(page->file, TAG_COMPRESSION, &page->compression);
  tiff.get_field_defaulted(page->file, TAG_ORIENTATION, &page->orientation);
  tiff.get_field_defaulted(page->file, TAG_SAMPLES, &page->samples);
  tiff.get_field_defaulted(page->file, TAG_PLANAR, &page->planar);
  tiff.get_field_defaulted(page->file, TAG_SAMPLE_FORMAT, &page->sample_format);
  uint16_t extra_count = 0, *extra = NULL;
  if (tiff.get_field_defaulted(page->file, TAG_EXTRA_SAMPLES, &extra_count, &extra) && extra_count > 0 && extra) {
    page->extra_sample = extra[0];
  }
  page->is_tiled = tiff.is_tiled(page->file);
  page->row_bytes = tiff.scanline_size(page->file);
  return true;
}

bool tiff_read_row(struct tiff_page *page, uint32_t row, void *samples) {
  return tiff.read_scanline(page->file, samples, row, 0) == 1;
}

bool tiff_read_rgba(struct tiff_page *page, uint32_t *pixels) {
  char reason[1024] = "";
  if (!tiff.is_rgba_readable(page->file, reason)) {
    snprintf(page->message, sizeof page->message, "%s", reason);
    return false;
  }
  // In the picture's own orientation, the rows come as they are stored. The last argument: stop at an error.
  return tiff.read_rgba(page->file, page->width, page->height, pixels, page->orientation, 1) == 1 &&
         page->message[0] == 0;
}

void tiff_close(struct tiff_page *page) {
  if (page->file != NULL) tiff.close(page->file);
  page->file = NULL;
}
