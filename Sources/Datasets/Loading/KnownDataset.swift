import ImageFiles

/// A data set whose name and classes the program knows.
public enum KnownDataset: String, CaseIterable, Sendable {
  case mnist
  case fashion = "fashion-mnist"
  case kmnist
  case k49
  case cifar10 = "cifar-10"
  case emnistLetters = "emnist-letters"
  case emnistBalanced = "emnist-balanced"
  case emnistByMerge = "emnist-bymerge"
  case emnistByClass = "emnist-byclass"
  case emnistDigits = "emnist-digits"

  /// The names of its classes by label.
  public var labelNames: [Int: String] {
    switch self {
    case .mnist, .emnistDigits: Self.numbered(Self.digits)
    case .fashion:
      Self.numbered([
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
        "Ankle boot",
      ])
    case .kmnist: Self.numbered(Self.characters("おきすつなはまやれを"))
    case .k49:
      Self.numbered(
        Self.characters("あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわゐゑをんゝ"))
    case .cifar10:
      Self.numbered([
        "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
      ])
    case .emnistLetters: Self.numbered(Self.upperCase, from: 1)
    case .emnistBalanced, .emnistByMerge:
      // Letters whose lower case looks like the upper one are one class.
      Self.numbered(Self.digits + Self.upperCase + Self.characters("abdefghnqrt"))
    case .emnistByClass:
      Self.numbered(Self.digits + Self.upperCase + Self.characters("abcdefghijklmnopqrstuvwxyz"))
    }
  }

  /// The shape of its images.
  private var shape: ImageShape {
    self == .cifar10 ? ImageShape(channels: 3, height: 32, width: 32) : ImageShape(height: 28, width: 28)
  }

  /// SHA-256 of the labels, as bytes, of the training and the test set.
  private static let labelHashes: [String: KnownDataset] = [
    "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13": .mnist,
    "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5": .mnist,
    "657fbd221bfc9f4198cc14b5619cc33ec57c58dd0e47af4d99d6650759e869a7": .fashion,
    "3d0e6c6ea990b53b6f8f500a41cac93881d981b315f84578b7d915342ade01e9": .fashion,
  ]

  /// The numbers of images of the sets whose labels are known.
  private static let hashedCounts: Set = [60_000, 10_000]

  /// The set with these labels, of a training or a test set.
  init?(labels: ArraySlice<UInt16>) {
    guard Self.hashedCounts.contains(labels.count), labels.allSatisfy({ $0 < 256 }) else { return nil }
    var hash = SHA256()
    hash.update(labels.map { UInt8(truncatingIfNeeded: $0) })
    guard let known = Self.labelHashes[hash.hexadecimalDigest()] else { return nil }
    self = known
  }

  /// The set that the last two names of `path` mean, if images of `shape` with labels up to `highest` can be it.
  init?(path: String, shape: ImageShape, highest: Int) {
    let names = path.split(separator: "/").suffix(2).map { $0.lowercased() }.reversed()
    let keys: [(String, KnownDataset)] = [
      ("fashion", .fashion), ("k49", .k49), ("kuzushiji49", .k49), ("kuzushiji-49", .k49),
      ("kmnist", .kmnist),
      ("kuzushiji", .kmnist), ("cifar-10", .cifar10), ("cifar10", .cifar10),
      ("emnist-letters", .emnistLetters), ("emnist-balanced", .emnistBalanced),
      ("emnist-bymerge", .emnistByMerge), ("emnist-byclass", .emnistByClass),
      ("emnist-digits", .emnistDigits),
      ("emnist-mnist", .emnistDigits),
    ]
    for name in names {
      guard let (_, known) = keys.first(where: { Self.has(name, word: $0.0) }) else { continue }
      guard known.shape == shape, highest <= known.labelNames.keys.max() ?? 0 else { return nil }
      self = known
      return
    }
    return nil
  }

  /// Whether a name has `word`, and not as the beginning of a number: `cifar10` is not in `cifar100`.
  private static func has(_ name: String, word: String) -> Bool {
    guard let range = name.firstRange(of: word) else { return false }
    return !(name[range.upperBound...].first?.isNumber ?? false)
  }

  private static let digits = Dataset.digitNames
  private static let upperCase = characters("ABCDEFGHIJKLMNOPQRSTUVWXYZ")

  private static func characters(_ text: String) -> [String] { text.map { String($0) } }

  private static func numbered(_ names: [String], from first: Int = 0) -> [Int: String] {
    Dictionary(uniqueKeysWithValues: names.enumerated().map { ($0.offset + first, $0.element) })
  }
}
