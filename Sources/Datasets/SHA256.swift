import FileIO

#if canImport(CryptoKit)
  import CryptoKit
#else
  import CCrypto
#endif

/// A SHA-256 digest of bytes that come piece by piece, by the system's library: libcrypto, or CryptoKit on macOS.
struct SHA256: ~Copyable {
  #if canImport(CryptoKit)
    private var hash = CryptoKit.SHA256()

    mutating func update(_ bytes: UnsafeRawBufferPointer) { hash.update(bufferPointer: bytes) }

    consuming func finalize() -> [UInt8] { Array(hash.finalize()) }
  #else
    private let context: OpaquePointer?

    /// The digest of nothing yet.
    init() {
      context = EVP_MD_CTX_new()
      let started = EVP_DigestInit_ex(context, EVP_sha256(), nil)
      // Only a process without memory gets here with anything else.
      precondition(started == 1, "libcrypto has no SHA-256")
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Takes in more bytes.
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
      EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    }

    /// The 32 bytes of the digest.
    consuming func finalize() -> [UInt8] {
      var digest = [UInt8](repeating: 0, count: 32)
      EVP_DigestFinal_ex(context, &digest, nil)
      return digest
    }
  #endif

  /// Takes in more bytes.
  mutating func update(_ bytes: some Collection<UInt8>) {
    Array(bytes).withUnsafeBytes { update($0) }
  }

  /// The digest as 64 lower-case hexadecimal digits.
  consuming func hexadecimalDigest() -> String {
    finalize().map { hex($0) }.joined().lowercased()
  }
}
