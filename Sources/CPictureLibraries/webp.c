#include <pthread.h>
#include <stdio.h>

#include "library.h"

#if defined(__APPLE__)
#define SONAME "libwebp.7.dylib"
#else
#define SONAME "libwebp.so.7"
#endif

// WebPBitstreamFeatures, and the interface's version that it belongs to.
struct features {
  int width, height, has_alpha, has_animation, format;
  uint32_t padding[5];
};
enum { INTERFACE_VERSION = 0x0209 };

static struct {
  int (*get_version)(void);
  int (*get_features)(const uint8_t *, size_t, struct features *, int);
  uint8_t *(*decode_rgb)(const uint8_t *, size_t, uint8_t *, size_t, int);
  uint8_t *(*decode_rgba)(const uint8_t *, size_t, uint8_t *, size_t, int);
} webp;
static bool is_loaded;
static char load_error[LIBRARY_MESSAGE_SIZE], version[16];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
  const struct library_symbol symbols[] = {
      {"WebPGetDecoderVersion", &webp.get_version},
      {"WebPGetFeaturesInternal", &webp.get_features},
      {"WebPDecodeRGBInto", &webp.decode_rgb},
      {"WebPDecodeRGBAInto", &webp.decode_rgba},
  };
  is_loaded = library_load(SONAME, symbols, sizeof symbols / sizeof *symbols, load_error);
  if (!is_loaded) return;
  unsigned number = (unsigned)webp.get_version();
  snprintf(version, sizeof version, "%u.%u.%u", number >> 16 & 255, number >> 8 & 255, number & 255);
}

const char *webp_load_error(void) {
  pthread_once(&once, load);
  return is_loaded ? NULL : load_error;
}

const char *webp_version(void) { return webp_load_error() ? NULL : version; }

bool webp_read_info(const uint8_t *bytes, size_t count, struct webp_info *info) {
  struct features features = {0};
  if (webp_load_error() || webp.get_features(bytes, count, &features, INTERFACE_VERSION) != 0) return false;
  *info = (struct webp_info){features.width, features.height, features.has_alpha, features.has_animation};
  return true;
}

bool webp_decode(const uint8_t *bytes, size_t count, int32_t width, bool with_alpha, uint8_t *pixels, size_t size) {
  if (webp_load_error()) return false;
  return with_alpha ? webp.decode_rgba(bytes, count, pixels, size, 4 * width) != NULL
                    : webp.decode_rgb(bytes, count, pixels, size, 3 * width) != NULL;
}
