import ConfigDecoding

/// The padding of a window: zeros around a map for a convolution, nothing for a pool.
public enum Padding: Sendable, Equatable {
  /// No padding.
  case valid
  /// TensorFlow's: out = ceil(in / stride), the odd pixel at the bottom and right.
  case same
  /// Rows and columns on each side.
  case explicit(top: Int, left: Int, bottom: Int, right: Int)

  /// The same number of rows and columns on all sides.
  public static func all(_ size: Int) -> Padding {
    .explicit(top: size, left: size, bottom: size, right: size)
  }

  static let field: ConfigField<Padding> = {
    let number: JSON = ["type": "integer", "minimum": 0, "maximum": 4096]
    func list(_ count: Int) -> JSON {
      ["type": "array", "items": number, "minItems": JSON(count), "maxItems": JSON(count)]
    }
    return ConfigField(
      "\"valid\", \"same\", n, [h, w] or [top, left, bottom, right] of numbers from 0 to 4096",
      schema: ["anyOf": [["enum": ["valid", "same"]], number, list(2), list(4)]], placeholder: .valid
    ) { json in
      if json.string == "valid" { return .valid }
      if json.string == "same" { return .same }
      let sizes = (json.array ?? [json]).map { $0.integer ?? -1 }
      guard sizes.allSatisfy({ (0...4096).contains($0) }) else { return nil }
      switch (sizes.count, json.array != nil) {
      case (1, false): return .explicit(top: sizes[0], left: sizes[0], bottom: sizes[0], right: sizes[0])
      case (2, true): return .explicit(top: sizes[0], left: sizes[1], bottom: sizes[0], right: sizes[1])
      case (4, true): return .explicit(top: sizes[0], left: sizes[1], bottom: sizes[2], right: sizes[3])
      default: return nil
      }
    }
  }()
}

/// A layer with a window that slides over its input.
package protocol WindowedLayer: Layer { var window: Window { get } }
extension Conv2D: WindowedLayer {}

/// The window of a convolution or a pool: kernel, stride, padding, and the output size they give.
public struct Window: Sendable, Equatable {
  /// Rows and columns of the window.
  public var kernel: (rows: Int, columns: Int)
  /// Rows and columns from one window to the next.
  public var stride: (rows: Int, columns: Int)
  /// What is around the map.
  public var padding: Padding
  /// Rows and columns from one tap of a convolution's filter to the next.
  public var dilation: (rows: Int, columns: Int)
  /// Whether an output size that is not whole is rounded down, as PyTorch does, or refused.
  public var roundsDown: Bool

  /// A window; without a stride windows are one pixel apart.
  public init(
    kernel: (rows: Int, columns: Int), stride: (rows: Int, columns: Int) = (1, 1),
    padding: Padding = .valid, dilation: (rows: Int, columns: Int) = (1, 1), roundsDown: Bool = false
  ) {
    (self.kernel, self.stride, self.padding) = (kernel, stride, padding)
    (self.dilation, self.roundsDown) = (dilation, roundsDown)
  }

  /// Rows and columns from the first to the last pixel under the window.
  public var extent: (rows: Int, columns: Int) {
    ((kernel.rows - 1) * dilation.rows + 1, (kernel.columns - 1) * dilation.columns + 1)
  }

  /// Whether all parts are equal.
  public static func == (a: Window, b: Window) -> Bool {
    a.kernel == b.kernel && a.stride == b.stride && a.padding == b.padding && a.dilation == b.dilation
      && a.roundsDown == b.roundsDown
  }

  private enum Rounding: String, CaseIterable { case exact, floor }

  /// Reads `kernel`, `stride`, `padding` and `rounding`; the default stride of a pool is its kernel.
  init(decoding decoder: ConfigDecoder, isPool: Bool) {
    let size = ConfigField<(Int, Int)>.pair(.within(1...4096))
    let kernel = decoder.value("kernel", size, default: isPool ? 2 : nil, "Window size, n or [h, w].")
    self.kernel = kernel
    stride = decoder.value(
      "stride", size, default: isPool ? [JSON(kernel.0), JSON(kernel.1)] : 1,
      "Step of the window, n or [h, w].")
    padding = decoder.value(
      "padding", Padding.field, default: "valid",
      "Border around the map: \"valid\", \"same\", n, [h, w] or [top, left, bottom, right].")
    dilation =
      isPool
      ? (1, 1)
      : decoder.value(
        "dilation", .pair(.within(1...4096)), default: 1, "Step from one tap of the filter to the next.")
    let rounding = decoder.value(
      "rounding", .choice(of: Rounding.self), default: "exact",
      "An output size that is not whole: refuse it, or round it down as PyTorch does.")
    roundsDown = rounding == .floor
  }

  /// The border around `input`: for "same" it depends on the input's size.
  package func border(_ input: Shape) -> (top: Int, left: Int, bottom: Int, right: Int) {
    switch padding {
    case .valid: return (0, 0, 0, 0)
    case .explicit(let top, let left, let bottom, let right): return (top, left, bottom, right)
    case .same:
      func total(_ size: Int, _ kernel: Int, _ stride: Int) -> Int {
        max(((size + stride - 1) / stride - 1) * stride + kernel - size, 0)
      }
      let rows = total(input.height, extent.rows, stride.rows)
      let columns = total(input.width, extent.columns, stride.columns)
      return (rows / 2, columns / 2, rows - rows / 2, columns - columns / 2)
    }
  }

  /// The window as ONNX attributes; ONNX rounds sizes down.
  func onnxAttributes(_ input: Shape) -> [ONNXOperator.Attribute] {
    let border = border(input)
    let dilations: [ONNXOperator.Attribute] =
      dilation == (1, 1) ? [] : [.integers("dilations", [dilation.rows, dilation.columns])]
    return [
      .integers("kernel_shape", [kernel.rows, kernel.columns]),
      .integers("strides", [stride.rows, stride.columns]),
      .integers("pads", [border.top, border.left, border.bottom, border.right]),
    ] + dilations
  }

  /// Values of one image's map with its border.
  private func paddedCount(_ input: Shape) -> Int {
    let border = border(input)
    return input.channels * (input.height + border.top + border.bottom)
      * (input.width + border.left + border.right)
  }

  /// Values of a copy of one image's map with its border; 0 where there is no border.
  package func borderedCount(_ input: Shape) -> Int {
    let count = paddedCount(input)
    return count == input.count ? 0 : count
  }

  private static let maxPaddedSize = 50_000_000

  /// The output, (in + padding - kernel) / stride + 1 rows and columns, or why these are not whole numbers.
  func outputShape(for input: Shape, channels: Int, isPool: Bool) throws(ShapeError) -> Shape {
    guard input.dimensions.count == 3 else {
      let remedy = input.isFlat ? "\(input) flat features; put it before \"flatten\"" : "\(input)"
      throw ShapeError("needs a map [channels, height, width], not \(remedy)")
    }
    let border = border(input)
    let rows = input.height + border.top + border.bottom
    let columns = input.width + border.left + border.right
    let kernel = extent
    guard rows >= kernel.rows, columns >= kernel.columns else {
      let padded = (rows, columns) == (input.height, input.width) ? "" : " (\(rows)x\(columns) with padding)"
      let same = isPool ? "" : ", or \"padding\": \"same\""
      let dilated = dilation == (1, 1) ? "" : " (\(kernel.rows)x\(kernel.columns) with dilation)"
      throw ShapeError(
        "kernel \(self.kernel.rows)x\(self.kernel.columns)\(dilated) does not fit "
          + "a \(input.height)x\(input.width) input\(padded); "
          + "a kernel of at most \(min(rows, kernel.rows))x\(min(columns, kernel.columns)) would\(same)")
    }
    guard paddedCount(input) <= Self.maxPaddedSize else {
      throw ShapeError(
        "an input of \(input) padded to \(rows)x\(columns) has more than \(Self.maxPaddedSize) values "
          + "per image")
    }
    let dimensions = [
      (name: "H", size: input.height, border: rows - input.height, kernel: kernel.rows, stride: stride.rows),
      (
        name: "W", size: input.width, border: columns - input.width, kernel: kernel.columns,
        stride: stride.columns
      ),
    ]
    let output = Shape(
      channels: channels, height: (rows - kernel.rows) / stride.rows + 1,
      width: (columns - kernel.columns) / stride.columns + 1)
    if padding != .same, !roundsDown {
      for d in dimensions where (d.size + d.border - d.kernel) % d.stride != 0 {
        let message = Self.unevenSize(
          d.name, size: d.size, border: d.border, kernel: d.kernel, stride: d.stride, isPool: isPool)
        throw ShapeError(message, fallback: output)
      }
    }
    return output
  }

  private static func unevenSize(
    _ name: String, size: Int, border: Int, kernel: Int, stride: Int, isPool: Bool
  ) -> String {
    let span = size + border - kernel
    let quotient = Double(span) / Double(stride) + 1
    let rounded = (quotient * 100).rounded() / 100
    let formula =
      "O\(name) = (\(name) + 2P - F\(name)) / S + 1 = (\(size) + \(border) - \(kernel)) / \(stride) + 1"
    var fits: [String] = []
    if isPool, kernel == stride {
      // The stride of a pool follows its kernel.
      let fitting = (2...(size + border)).filter { (size + border) % $0 == 0 }
      let near = [fitting.last { $0 < kernel }, fitting.first { $0 > kernel }].compactMap { $0 }
      fits += near.map { "kernel \($0) (\((size + border) / $0))" }
    } else {
      let smallerStride = (1..<stride).last { span % $0 == 0 }
      let fittingKernels = (2...(size + border)).filter { (size + border - $0) % stride == 0 }
      let nearKernel = fittingKernels.min { abs($0 - kernel) < abs($1 - kernel) }
      if let smallerStride { fits.append("stride \(smallerStride) (\(span / smallerStride + 1))") }
      if let nearKernel { fits.append("kernel \(nearKernel) (\((size + border - nearKernel) / stride + 1))") }
    }
    fits.append("\"padding\": \"same\" (\((size + stride - 1) / stride))")
    fits.append("\"rounding\": \"floor\" (\(span / stride + 1))")
    let multiple =
      isPool && kernel == stride && border == 0
      ? "a map of \(size) is not a multiple of the pool of \(kernel): " : ""
    return "\(multiple)\(formula) = \(rounded) is not a whole number; "
      + "would fit: \(fits.joined(separator: ", "))"
  }

  /// The summary's columns.
  var details: LayerDetails {
    func text(_ rows: Int, _ columns: Int) -> String { rows == columns ? "\(rows)" : "\(rows)x\(columns)" }
    let paddingText: String
    switch padding {
    case .valid: paddingText = "0"
    case .same: paddingText = "same"
    case .explicit(let top, let left, let bottom, let right):
      paddingText = top == bottom && left == right ? text(top, left) : "\(top),\(left),\(bottom),\(right)"
    }
    return LayerDetails(
      kernel: "\(kernel.rows)x\(kernel.columns)", stride: text(stride.rows, stride.columns),
      padding: paddingText, dilation: dilation == (1, 1) ? nil : text(dilation.rows, dilation.columns))
  }
}
