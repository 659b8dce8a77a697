import FileIO
import Formatting
import ImageFiles

/// A reference to images on the command line: `FILE` (all of an IDX file), `FILE@7` (one), `FILE@0..99` (a range).
public struct ImageReference: Equatable, Sendable {
  /// The file.
  public let path: String
  /// The indices of the images, both ends included; nil for all.
  public let range: ClosedRange<Int>?

  /// Parses a reference; text that does not end in `@N` or `@N..M`, or that names a file, is a path.
  ///
  /// Throws `unreadable` if a number is too large or the range is reversed.
  public init(_ text: String) throws(DataError) {
    guard !isFile(text), let at = text.lastIndex(of: "@"), at != text.startIndex,
      let ends = Self.numbers(text[text.index(after: at)...])
    else {
      (path, range) = (text, nil)
      return
    }
    guard let first = ends.first.flatMap({ Int($0) }), let last = ends.last.flatMap({ Int($0) }),
      first <= last
    else {
      throw .unreadable(path: text, reason: "no such images: a range is @FIRST..LAST, both ends included")
    }
    (path, range) = (String(text[..<at]), first...last)
  }

  /// The one or two strings of digits of `7` or `0..99`, or nil.
  private static func numbers(_ text: Substring) -> [Substring]? {
    var parts = [text]
    if let dots = text.firstIndex(of: ".") {
      parts = [text[..<dots], text[dots...].dropFirst(2)]
      guard text[dots...].hasPrefix("..") else { return nil }
    }
    let areDigits = parts.allSatisfy { part in
      !part.isEmpty && part.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    }
    return areDigits ? parts : nil
  }

  /// The images in the IDX file `source`, plain or gzip; throws if it is invalid or has no such image.
  ///
  /// The whole file is read and verified, but only the requested images are kept.
  public func read(from source: consuming ByteSource) throws(DataError) -> Images {
    var reader = try IDX.ImageReader(source)
    guard let range else { return try reader.readAll() }
    guard range.upperBound < reader.count else {
      throw .unreadable(
        path: path,
        reason: "no image \(range.upperBound): the file has \(reader.count.grouped), 0 to \(reader.count - 1)"
      )
    }
    return try reader.read(range.lowerBound..<range.upperBound + 1)
  }
}
