import FileIO

/// The shape of an array.
struct HDF5Dataspace {
  /// The sizes; empty for a scalar, [0] for an array without a shape.
  let shape: [Int]

  init(_ cursor: inout HDF5Cursor) throws(DataError) {
    let start = cursor.position
    let version = try cursor.version(of: "a shape", 1...2)
    let (rank, flags) = (try cursor.byte(), try cursor.byte())
    let kind = try cursor.byte()
    if version == 1 { try cursor.skip(4) }
    guard rank <= HDF5File.largestRank else {
      throw cursor.source.fault(
        "an array of \(rank) dimensions; the limit is \(HDF5File.largestRank)", at: start)
    }
    var sizes: [Int] = []
    for _ in 0..<rank { sizes.append(try cursor.length()) }
    // Limits of sizes that can grow.
    if flags & 1 != 0 { try cursor.skip(rank * cursor.source.lengthSize) }
    shape = version == 2 && kind == 2 ? [0] : sizes
  }
}

/// The type of the elements of an array.
enum HDF5Datatype {
  case number(HDF5Number)
  /// Strings of one size, which end early at a zero byte or, if they are padded with spaces, before those.
  case fixedString(size: Int, isPaddedWithSpaces: Bool)
  /// Strings of any size, in a heap.
  case variableString
  /// Bytes without a meaning.
  case opaque(size: Int)
  case other(name: String)

  /// What an error calls the elements.
  var name: String {
    switch self {
    case .number: "numbers"
    case .fixedString, .variableString: "strings"
    case .opaque: "opaque values"
    case .other(let name): name
    }
  }

  private static let classNames = [
    "integers", "floating-point numbers", "times", "strings", "bit fields", "opaque values",
    "compound values",
    "references", "enumerations", "lists", "arrays",
  ]

  init(_ cursor: inout HDF5Cursor) throws(DataError) {
    let first = try cursor.byte()
    let bits = try cursor.number(3)
    let size = try cursor.number(4)
    let start = cursor.position
    switch first & 15 {
    case 0, 1:
      let isFloat = first & 15 == 1
      let (offset, precision) = (try cursor.number(2), try cursor.number(2))
      let layout =
        isFloat ? [try cursor.byte(), try cursor.byte(), try cursor.byte(), try cursor.byte()] : []
      let bias = isFloat ? try cursor.number(4) : 0
      let number = HDF5Number.Kind(isFloat: isFloat, isSigned: bits & 8 != 0, size: size, layout, bias: bias)
      // Bit 6 would be the order of a VAX.
      if offset == 0, precision == 8 * size, !isFloat || bits & 0x40 == 0, let number {
        self = .number(HDF5Number(kind: number, isBigEndian: bits & 1 != 0))
      } else {
        self = .other(name: "\(Self.classNames[first & 15]) of \(size) bytes in an unusual form")
      }
    case 3:
      guard size > 0 else { throw cursor.source.fault("strings of no bytes", at: start) }
      self = .fixedString(size: size, isPaddedWithSpaces: bits & 15 == 2)
    case 5: self = .opaque(size: size)
    case 9 where bits & 15 == 1: self = .variableString
    case let number where Self.classNames.indices.contains(number):
      self = .other(name: Self.classNames[number])
    case let number: self = .other(name: "elements of class \(number)")
    }
  }
}

/// A type of numbers.
struct HDF5Number: Sendable {
  /// The format without the order of bytes.
  enum Kind: Sendable {
    case float16, bfloat16, float32, float64, int8, uint8, int16, uint16, int32, uint32, int64, uint64

    /// The kind of a type of `size` bytes; `layout` is place and size of exponent and mantissa.
    init?(isFloat: Bool, isSigned: Bool, size: Int, _ layout: [Int], bias: Int) {
      switch (isFloat, size) {
      case (true, 2) where layout == [10, 5, 0, 10] && bias == 15: self = .float16
      case (true, 2) where layout == [7, 8, 0, 7] && bias == 127: self = .bfloat16
      case (true, 4) where layout == [23, 8, 0, 23] && bias == 127: self = .float32
      case (true, 8) where layout == [52, 11, 0, 52] && bias == 1023: self = .float64
      case (false, 1): self = isSigned ? .int8 : .uint8
      case (false, 2): self = isSigned ? .int16 : .uint16
      case (false, 4): self = isSigned ? .int32 : .uint32
      case (false, 8): self = isSigned ? .int64 : .uint64
      default: return nil
      }
    }

    /// The size of a number in bytes.
    var size: Int {
      switch self {
      case .int8, .uint8: 1
      case .float16, .bfloat16, .int16, .uint16: 2
      case .float32, .int32, .uint32: 4
      case .float64, .int64, .uint64: 8
      }
    }
  }

  let kind: Kind
  let isBigEndian: Bool
  var size: Int { kind.size }

  /// The numbers in `bytes`, rounded to `Float`.
  func floats(_ bytes: ArraySlice<UInt8>) -> [Float] {
    switch kind {
    case .float16: numbers(bytes) { Float(halfBits: $0) }
    case .bfloat16: numbers(bytes) { (bits: UInt16) in Float(bitPattern: UInt32(bits) << 16) }
    case .float32: numbers(bytes) { Float(bitPattern: $0) }
    case .float64: numbers(bytes) { Float(Double(bitPattern: $0)) }
    case .int8: numbers(bytes) { (number: Int8) in Float(number) }
    case .uint8: numbers(bytes) { (number: UInt8) in Float(number) }
    case .int16: numbers(bytes) { (number: Int16) in Float(number) }
    case .uint16: numbers(bytes) { (number: UInt16) in Float(number) }
    case .int32: numbers(bytes) { (number: Int32) in Float(number) }
    case .uint32: numbers(bytes) { (number: UInt32) in Float(number) }
    case .int64: numbers(bytes) { (number: Int64) in Float(number) }
    case .uint64: numbers(bytes) { (number: UInt64) in Float(number) }
    }
  }

  private func numbers<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: ArraySlice<UInt8>, _ convert: (Bits) -> Float
  ) -> [Float] {
    let size = MemoryLayout<Bits>.size
    return bytes.withUnsafeBytes { bytes in
      (0..<bytes.count / size).map { index in
        let bits = bytes.loadUnaligned(fromByteOffset: index * size, as: Bits.self)
        return convert(isBigEndian ? Bits(bigEndian: bits) : Bits(littleEndian: bits))
      }
    }
  }
}
