import Formatting

extension PickleMachine {
  /// The largest number of dimensions of a tensor, as in PyTorch.
  private static let largestRank = 64

  /// Pushes what a known function returns; any other one is not called, and leaves an instance.
  mutating func call(_ function: PickleValue, _ arguments: [PickleValue]) throws(PickleFault) {
    guard let global = global(function) else { return try instantiate(function) }
    switch global.path {
    case "collections.OrderedDict": try pushOrderedDictionary(arguments)
    case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state":
      // A parameter is its tensor.
      guard let tensor = arguments.first else { throw fault("a parameter without its tensor") }
      push(tensor)
    case "torch._tensor._rebuild_from_type_v2":
      // A tensor with attributes: a function and its arguments.
      guard arguments.count == 4, let inner = self.global(arguments[0]), let values = tuple(arguments[2])
      else {
        throw fault("the arguments of \(global.path.oneLine) are not known ones")
      }
      try rebuild(inner, values)
    default: try rebuild(global, arguments)
    }
  }

  private mutating func rebuild(_ global: PickleGlobal, _ arguments: [PickleValue]) throws(PickleFault) {
    switch global.path {
    case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2":
      try pushTensor(arguments, isTyped: false)
    case "torch._utils._rebuild_tensor_v3": try pushTensor(arguments, isTyped: true)
    default: try push(.instance(of: global, state: .none))
    }
  }

  /// An ordered dictionary, empty or of a list of pairs, as Python 2 wrote it.
  private mutating func pushOrderedDictionary(_ arguments: [PickleValue]) throws(PickleFault) {
    guard let first = arguments.first else { return try pushDictionary([PickleValue]()) }
    guard arguments.count == 1, case .list(let list) = object(first) else {
      throw fault("an OrderedDict of what is no list")
    }
    let pairs = collections[list]
    // A list may be used many times, its values only as often as there may be objects.
    guard copiedPairs + pairs.count <= Self.largestObjects else {
      throw fault("more than \(Self.largestObjects.grouped) pairs of OrderedDicts")
    }
    copiedPairs += pairs.count
    var items: [PickleValue] = []
    for pair in pairs {
      let values: [PickleValue]
      switch object(pair) {
      case .list(let list): values = collections[list]
      case .tuple(let items): values = items
      default: values = []
      }
      guard values.count == 2 else { throw fault("an OrderedDict of what are no pairs") }
      items += values
    }
    try pushDictionary(items)
  }

  /// Pushes the storage of a persistent id: `("storage", class, key, location, count)`, before version 1.6 with a view.
  mutating func loadPersistent(_ id: PickleValue) throws(PickleFault) {
    guard let parts = tuple(id), let kind = parts.first.flatMap(text), kind == "storage" else {
      return try push(.instance(of: PickleGlobal("persistent", "id"), state: .none))
    }
    guard 5...6 ~= parts.count, let type = global(parts[1]), let key = text(parts[2]),
      let count = integer(parts[4]), count >= 0
    else { throw fault("a storage without a class, a key and a number of elements") }
    guard let storageType = PyTorchStorageType(storageClass: type) else {
      return try push(.instance(of: type, state: .none))
    }
    var storage = PyTorchStorage(key: key, type: storageType, count: count, first: 0, byte: operation)
    if parts.count == 6, let view = tuple(parts[5]) {
      guard view.count == 3, let first = integer(view[1]), let length = integer(view[2]), length >= 0,
        0...count ~= first, length <= count - first
      else { throw fault("a view that is not within its storage of \(count.grouped) elements") }
      storage = PyTorchStorage(key: key, type: storageType, count: length, first: first, byte: operation)
    }
    storages.append(storage)
    try push(.storage(storages.count - 1))
  }

  /// Pushes the tensor of a storage, an offset, a shape and strides; `isTyped` where a `dtype` follows.
  private mutating func pushTensor(_ arguments: [PickleValue], isTyped: Bool) throws(PickleFault) {
    guard arguments.count >= (isTyped ? 7 : 4) else { throw fault("a tensor with too few arguments") }
    guard case .storage(let index) = object(arguments[0]) else {
      // Of a storage class that is not known.
      return try push(.instance(of: PickleGlobal("torch", "Tensor"), state: .none))
    }
    let storage = storages[index]
    var type = storage.type
    if isTyped {
      guard let dtype = global(arguments[6]), let known = PyTorchStorageType(dtype: dtype),
        type == .untyped || type == known
      else {
        let name = global(arguments[6])?.path.oneLine ?? "no class"
        throw fault("a tensor of the unknown or unfitting type \(name)")
      }
      type = known
    }
    guard let offset = integer(arguments[1]), offset >= 0, let shape = sizes(arguments[2]),
      let strides = sizes(arguments[3]), shape.count == strides.count, shape.count <= Self.largestRank
    else { throw fault("a tensor whose offset, shape and strides are not non-negative integers") }
    let size = storage.type == .untyped ? storage.count / type.size : storage.count
    guard let last = PyTorchStorageView.lastIndex(offset: offset, shape: shape, strides: strides), last < size
    else {
      throw fault(
        "a tensor \(shape) with strides \(strides) at \(offset) "
          + "is not within its storage of \(size.pluralized("element"))"
      )
    }
    tensors.append(
      PyTorchStorageView(
        storage: index, type: type, offset: offset, shape: shape, strides: strides, byte: operation))
    try push(.tensor(tensors.count - 1))
  }

  /// A tuple of non-negative integers, nil for anything else.
  private func sizes(_ value: PickleValue) -> [Int]? {
    guard let values = tuple(value), values.count <= Self.largestRank else { return nil }
    let sizes = values.compactMap(integer).filter { $0 >= 0 }
    return sizes.count == values.count ? sizes : nil
  }
}
