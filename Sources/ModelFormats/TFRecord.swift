import FileIO

/// The framing of TensorFlow's record files: length, data, and a checksum of each.
public enum TFRecord {
  /// `data` as one record: u64 length, u32 masked CRC-32C of the length, the data, u32 masked CRC-32C of the data.
  public static func framed(_ data: [UInt8]) -> [UInt8] {
    let length = UInt64(data.count).littleEndianBytes
    return length + checksum(of: length) + data + checksum(of: data)
  }

  /// The masked checksum: the CRC of data that contains its own CRC would be degenerate.
  private static func checksum(of data: [UInt8]) -> [UInt8] {
    let crc = CRC32C(of: data.span).value
    return ((crc >> 15 | crc << 17) &+ 0xA282_EAD8).littleEndianBytes
  }
}
