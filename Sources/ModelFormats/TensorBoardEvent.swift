/// An event of a TensorBoard file, the message `tensorflow.Event`.
public struct TensorBoardEvent: Sendable {
  /// The content of an event.
  public enum Content: Sendable {
    /// The version of the format: the first event of every file.
    case fileVersion
    /// The start of a session (`SessionLog.START`): TensorBoard discards events of earlier files from this step on.
    case start
    /// Values with their tags.
    case summary([(tag: String, value: Value)])
  }

  /// The value of a tag.
  public enum Value: Sendable {
    /// A scalar.
    case scalar(Double)
    /// A histogram.
    case histogram(Histogram)
    /// An image as a PNG file.
    case image(png: [UInt8], height: Int, width: Int, channels: Int)
  }

  /// Seconds since 1970.
  public let wallTime: Double
  /// The step, on the horizontal axis.
  public let step: Int
  /// The content.
  public let content: Content

  /// An event at a time, in seconds since 1970.
  public init(wallTime: Double, step: Int, _ content: Content) {
    (self.wallTime, self.step, self.content) = (wallTime, step, content)
  }

  /// The event as a record of a TFRecord file.
  public var record: [UInt8] {
    var event = ProtobufWriter()
    event.write(wallTime, field: 1)
    if step != 0 { event.write(step, field: 2) }
    switch content {
    case .fileVersion: event.write("brain.Event:2", field: 3)
    case .start: event.write(field: 7) { $0.write(1, field: 1) }
    case .summary(let values):
      event.write(field: 5) { summary in
        for (tag, value) in values {
          summary.write(field: 1) { message in
            message.write(tag, field: 1)
            value.write(to: &message)
          }
        }
      }
    }
    return TFRecord.framed(event.bytes)
  }
}

extension TensorBoardEvent.Value {
  fileprivate func write(to message: inout ProtobufWriter) {
    switch self {
    case .scalar(let number): message.write(Float(number), field: 2)
    case .image(let png, let height, let width, let channels):
      message.write(field: 4) { image in
        image.write(height, field: 1)
        image.write(width, field: 2)
        // 1 is gray, 3 is RGB.
        image.write(channels, field: 3)
        image.write(png, field: 4)
      }
    case .histogram(let histogram):
      message.write(field: 5) { message in
        message.write(histogram.minimum, field: 1)
        message.write(histogram.maximum, field: 2)
        message.write(Double(histogram.count), field: 3)
        message.write(histogram.sum, field: 4)
        message.write(histogram.sumOfSquares, field: 5)
        message.writePacked(histogram.limits, field: 6)
        message.writePacked(histogram.counts.map(Double.init), field: 7)
      }
    }
  }
}
