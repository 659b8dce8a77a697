import Formatting

#if canImport(CryptoKit)
  import CryptoKit
#else
  import CCrypto
#endif

/// An incremental SHA-256, computed by the system's library: libcrypto, or CryptoKit on macOS.
package struct SHA256 {
  #if canImport(CryptoKit)
    private var hash = CryptoKit.SHA256()

    /// The digest of nothing yet.
    package init() {}

    package mutating func update(_ bytes: UnsafeRawBufferPointer) { hash.update(bufferPointer: bytes) }

    package mutating func finalize() -> [UInt8] { Array(hash.finalize()) }
  #else
    private var context = SHA256_CTX()

    /// The digest of no bytes yet.
    package init() { SHA256_Init(&context) }

    /// Adds bytes to the digest.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
      SHA256_Update(&context, bytes.baseAddress, bytes.count)
    }

    /// The 32 bytes of the digest.
    package mutating func finalize() -> [UInt8] {
      var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
      SHA256_Final(&digest, &context)
      return digest
    }
  #endif

  /// Adds bytes to the digest.
  package mutating func update(_ bytes: some Collection<UInt8>) {
    Array(bytes).withUnsafeBytes { update($0) }
  }

  /// The digest as 64 lower-case hexadecimal digits.
  package mutating func hexadecimalDigest() -> String {
    finalize().map(\.hexadecimal).joined().lowercased()
  }
}
