// The archive is linked, not the shared library: loading all of libcrypto for one function would take a tenth of the
// program's start. OpenSSL 3 recommends its EVP interface, which would link most of it.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
