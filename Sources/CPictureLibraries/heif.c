#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "library.h"

#if defined(__APPLE__)
#define SONAME "libheif.1.dylib"
#else
#define SONAME "libheif.so.1"
#endif

// heif_error.
struct failure {
  int code, subcode;
  const char *message;
};

// The beginning of heif_decoding_options; `version` says how many of the fields are there.
struct decoding_options {
  uint8_t version, ignore_transformations;
  void (*start_progress)(int, int, void *), (*on_progress)(int, int, void *), (*end_progress)(int, void *);
  void *progress_user_data;
  uint8_t convert_hdr_to_8bit, strict_decoding;
};

enum { COMPRESSION_HEVC = 1, COMPRESSION_AV1 = 4, COLORSPACE_RGB = 1, CHROMA_RGB = 10, CHROMA_RGBA = 11 };
enum { CHANNEL_INTERLEAVED = 10 };

static struct {
  const char *(*get_version)(void);
  struct failure (*init)(void *);
  int (*have_decoder)(int);
  void *(*context_alloc)(void);
  void (*context_free)(void *);
  void (*set_threads)(void *, int);
  struct failure (*read)(void *, const void *, size_t, const void *);
  struct failure (*get_primary)(void *, void **);
  void (*handle_release)(const void *);
  int (*handle_width)(const void *);
  int (*handle_height)(const void *);
  int (*handle_has_alpha)(const void *);
  int (*handle_is_premultiplied)(const void *);
  struct decoding_options *(*options_alloc)(void);
  void (*options_free)(struct decoding_options *);
  struct failure (*decode)(const void *, void **, int, int, const struct decoding_options *);
  int (*image_width)(const void *, int);
  int (*image_height)(const void *, int);
  const uint8_t *(*get_plane)(const void *, int, int *);
  void (*image_release)(const void *);
} heif;
static bool is_loaded;
static char load_error[LIBRARY_MESSAGE_SIZE], version[32];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
  const struct library_symbol symbols[] = {
      {"heif_get_version", &heif.get_version},
      {"heif_init", &heif.init},
      {"heif_have_decoder_for_format", &heif.have_decoder},
      {"heif_context_alloc", &heif.context_alloc},
      {"heif_context_free", &heif.context_free},
      {"heif_context_set_max_decoding_threads", &heif.set_threads},
      {"heif_context_read_from_memory_without_copy", &heif.read},
      {"heif_context_get_primary_image_handle", &heif.get_primary},
      {"heif_image_handle_release", &heif.handle_release},
      {"heif_image_handle_get_width", &heif.handle_width},
      {"heif_image_handle_get_height", &heif.handle_height},
      {"heif_image_handle_has_alpha_channel", &heif.handle_has_alpha},
      {"heif_image_handle_is_premultiplied_alpha", &heif.handle_is_premultiplied},
      {"heif_decoding_options_alloc", &heif.options_alloc},
      {"heif_decoding_options_free", &heif.options_free},
      {"heif_decode_image", &heif.decode},
      {"heif_image_get_width", &heif.image_width},
      {"heif_image_get_height", &heif.image_height},
      {"heif_image_get_plane_readonly", &heif.get_plane},
      {"heif_image_release", &heif.image_release},
  };
  is_loaded = library_load(SONAME, symbols, sizeof symbols / sizeof *symbols, load_error);
  if (!is_loaded) return;
  // Loads the decoders where they are plug-ins; without one the decoding fails with a message.
  heif.init(NULL);
  snprintf(version, sizeof version, "%s", heif.get_version());
}

const char *heif_load_error(void) {
  pthread_once(&once, load);
  return is_loaded ? NULL : load_error;
}

const char *heif_version(void) { return heif_load_error() ? NULL : version; }
bool heif_decodes_hevc(void) { return !heif_load_error() && heif.have_decoder(COMPRESSION_HEVC); }
bool heif_decodes_av1(void) { return !heif_load_error() && heif.have_decoder(COMPRESSION_AV1); }

/// Whether a call succeeded; keeps its message.
static bool succeeded(struct heif_picture *picture, struct failure failure) {
  if (failure.code == 0) return true;
  snprintf(picture->message, sizeof picture->message, "%s", failure.message ? failure.message : "unknown error");
  return false;
}

bool heif_open(struct heif_picture *picture, const uint8_t *bytes, size_t count) {
  memset(picture, 0, sizeof *picture);
  if (heif_load_error()) return false;
  picture->context = heif.context_alloc();
  if (picture->context == NULL) return false;
  // Folders of pictures are decoded in parallel already.
  heif.set_threads(picture->context, 0);
  bool is_read = succeeded(picture, heif.read(picture->context, bytes, count, NULL)) &&
                 succeeded(picture, heif.get_primary(picture->context, &picture->handle));
  if (!is_read) {
    heif_close(picture);
    return false;
  }
  picture->width = heif.handle_width(picture->handle);
  picture->height = heif.handle_height(picture->handle);
  picture->has_alpha = heif.handle_has_alpha(picture->handle);
  picture->is_premultiplied = heif.handle_is_premultiplied(picture->handle);
  return true;
}

bool heif_decode(struct heif_picture *picture) {
  struct decoding_options *options = heif.options_alloc();
  if (options == NULL) return false;
  if (options->version >= 2) options->convert_hdr_to_8bit = 1;
  if (options->version >= 3) options->strict_decoding = 1;
  int chroma = picture->has_alpha ? CHROMA_RGBA : CHROMA_RGB;
  bool is_decoded =
      succeeded(picture, heif.decode(picture->handle, &picture->image, COLORSPACE_RGB, chroma, options));
  heif.options_free(options);
  if (!is_decoded) return false;
  picture->width = heif.image_width(picture->image, CHANNEL_INTERLEAVED);
  picture->height = heif.image_height(picture->image, CHANNEL_INTERLEAVED);
  int stride = 0;
  const uint8_t *plane = heif.get_plane(picture->image, CHANNEL_INTERLEAVED, &stride);
  if (plane != NULL && picture->width > 0 && stride / picture->width >= (picture->has_alpha ? 4 : 3)) return true;
  snprintf(picture->message, sizeof picture->message, "decoded to nothing");
  return false;
}

void heif_copy_row(const struct heif_picture *picture, int32_t row, uint8_t *pixels) {
  int stride = 0;
  const uint8_t *plane = heif.get_plane(picture->image, CHANNEL_INTERLEAVED, &stride);
  size_t size = (size_t)picture->width * (picture->has_alpha ? 4 : 3);
  memcpy(pixels, plane + (ptrdiff_t)row * stride, size);
}

void heif_close(struct heif_picture *picture) {
  if (picture->image != NULL) heif.image_release(picture->image);
  if (picture->handle != NULL) heif.handle_release(picture->handle);
  if (picture->context != NULL) heif.context_free(picture->context);
  picture->image = picture->handle = picture->context = NULL;
}
