/// The framing of TensorFlow's record files: length, data, and a checksum of each.
public enum TFRecord {
  /// `data` as one record: u64 length, u32 masked CRC-32C of the length, the data, u32 masked CRC-32C of the data.
  public static func framed(_ data: [UInt8]) -> [UInt8] {
    let length = bytes(of: UInt64(data.count))
    return length + checksum(of: length) + data + checksum(of: data)
  }

  /// The masked checksum, so that data which hold checksums themselves stay unlike them.
  private static func checksum(of data: [UInt8]) -> [UInt8] {
    let crc = CRC32C(of: data.span).value
    return bytes(of: (crc >> 15 | crc << 17) &+ 0xA282_EAD8)
  }

  private static func bytes(of number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }
}
