// libwebp, libtiff and libheif, loaded when the first picture needs them: they are optional, and so are their headers.
//
// Every decoder says a picture's size before it decodes it; the caller checks the size and gives the memory.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The longest message of a library, with its zero byte.
#define LIBRARY_MESSAGE_SIZE 256

/// Why a library could not be loaded; NULL if it is there.
const char *webp_load_error(void);
const char *tiff_load_error(void);
const char *heif_load_error(void);

/// The version of a library; NULL if it is missing.
const char *webp_version(void);
const char *tiff_version(void);
const char *heif_version(void);

// WebP

struct webp_info {
  int32_t width, height;
  bool has_alpha, is_animation;
};

/// Reads the header of a picture; false if it is damaged.
bool webp_read_info(const uint8_t *bytes, size_t count, struct webp_info *info);

/// Decodes RGB, or RGBA if `with_alpha`, into `size` bytes without padding; false if it is damaged.
bool webp_decode(const uint8_t *bytes, size_t count, int32_t width, bool with_alpha, uint8_t *pixels, size_t size);

// TIFF

/// The first page of a TIFF file, which stays at its address while it is open, as does the file.
struct tiff_page {
  uint32_t width, height;
  /// The tags 0x102, 0x103, 0x106, 0x112, 0x115, 0x11C and 0x153.
  uint16_t bits, compression, photometric, orientation, samples, planar, sample_format;
  /// What the first sample after the colours is: 1 alpha that the colours are multiplied with, 2 alpha, 0 anything else.
  uint16_t extra_sample;
  bool is_tiled;
  /// The bytes of a row of samples as `tiff_read_row` gives them.
  uint64_t row_bytes;
  char message[LIBRARY_MESSAGE_SIZE];

  // For the callbacks.
  void *file;
  const uint8_t *bytes;
  uint64_t count, position;
};

/// Opens the first page of a file; no memory of more than `memory_limit` bytes is taken at once.
///
/// False with a message if it is damaged. `page` is closed in any case.
bool tiff_open(struct tiff_page *page, const uint8_t *bytes, size_t count, size_t memory_limit);

/// Reads the samples of the next row, 8 bits or 16 of the machine's byte order; false with a message.
bool tiff_read_row(struct tiff_page *page, uint32_t row, void *samples);

/// Decodes a picture of any kind as RGBA, width x height, its rows as they are stored, its colours multiplied with
/// alpha; false with a message.
bool tiff_read_rgba(struct tiff_page *page, uint32_t *pixels);

void tiff_close(struct tiff_page *page);

// HEIF

/// The main picture of a HEIF file.
struct heif_picture {
  int32_t width, height;
  bool has_alpha, is_premultiplied;
  char message[LIBRARY_MESSAGE_SIZE];

  void *context, *handle, *image;
};

/// Whether the library can decode HEVC (HEIC) or AV1 (AVIF).
bool heif_decodes_hevc(void);
bool heif_decodes_av1(void);

/// Opens the main picture of a file, which must stay where it is; its size is the one after its transforms.
///
/// False with a message if it is damaged. `picture` is closed in any case.
bool heif_open(struct heif_picture *picture, const uint8_t *bytes, size_t count);

/// Decodes it upright as RGB, or RGBA if `has_alpha`, 8 bits; the size is then that of the pixels.
///
/// False with a message.
bool heif_decode(struct heif_picture *picture);

/// Copies row `row` of the decoded picture to `pixels`, width x (3 or 4) bytes.
void heif_copy_row(const struct heif_picture *picture, int32_t row, uint8_t *pixels);

void heif_close(struct heif_picture *picture);
