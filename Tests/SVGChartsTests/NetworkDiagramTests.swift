import SVGCharts
import Testing
import TestSupport

struct NetworkDiagramTests {
  typealias Node = NetworkDiagram.Node

  static let image = Node(name: "image", type: "input", shape: "1x28x28", inputs: [])

  /// A network of layers that each read the one before them.
  static func chain(_ types: [String]) -> [Node] {
    [image]
      + types.enumerated().map { index, type in
        Node(
          name: "layer\(index)", type: type, shape: "8x28x28", inputs: [index],
          isOutput: index == types.count - 1, startsBox: type == "conv2d" || type == "dense")
      }
  }

  /// One trunk with an output for the digit and one for its parity.
  static let twoHeads =
    chain(["conv2d", "relu"]).dropLast() + [
      Node(name: "trunk", type: "relu", shape: "8x28x28", inputs: [1], startsBox: false),
      Node(name: "digit", type: "dense", shape: "10", inputs: [2], isOutput: true),
      Node(name: "parity", type: "dense", shape: "2", inputs: [2], isOutput: true),
    ]

  /// Three branches of different lengths, concatenated.
  static let threeBranches =
    chain(["conv2d"]).dropLast() + [
      Node(name: "stem", type: "conv2d", shape: "8x28x28", inputs: [0]),
      Node(name: "a", type: "conv2d", shape: "8x28x28", inputs: [1]),
      Node(name: "b1", type: "conv2d", shape: "4x28x28", inputs: [1]),
      Node(name: "b2", type: "conv2d", shape: "8x28x28", inputs: [3]),
      Node(name: "c1", type: "max_pool2d", shape: "8x28x28", inputs: [1]),
      Node(name: "c2", type: "conv2d", shape: "8x28x28", inputs: [5]),
      Node(name: "join", type: "concat", shape: "24x28x28", inputs: [2, 4, 6], isOutput: true),
    ]

  /// A layer that reads every layer before it.
  static let dense =
    chain(Array(repeating: "conv2d", count: 30)).dropLast() + [
      Node(name: "join", type: "concat", shape: "240x28x28", inputs: Array(0..<30), isOutput: true)
    ]

  /// ResNet-20: a stem and nine residual blocks, of which two have a projection.
  static var resnet: [Node] {
    var nodes = [image]
    func add(_ type: String, _ shape: String, from inputs: [Int]? = nil) -> Int {
      let inputs = inputs ?? [nodes.count - 1]
      let startsBox = !["batch_norm", "relu", "global_average_pool2d"].contains(type)
      nodes.append(
        Node(
          name: "\(type)_\(nodes.count)", type: type, shape: shape, inputs: inputs,
          isOutput: type == "dense", startsBox: startsBox))
      return nodes.count - 1
    }
    _ = add("conv2d", "16x28x28")
    _ = add("batch_norm", "16x28x28")
    var value = add("relu", "16x28x28")
    for (stage, shape) in ["16x28x28", "32x14x14", "64x7x7"].enumerated() {
      for block in 0..<3 {
        let input = value
        _ = add("conv2d", shape)
        _ = add("batch_norm", shape)
        _ = add("relu", shape)
        _ = add("conv2d", shape)
        let branch = add("batch_norm", shape)
        var shortcut = input
        if stage > 0, block == 0 {
          _ = add("conv2d", shape, from: [input])
          shortcut = add("batch_norm", shape)
        }
        _ = add("add", shape, from: [branch, shortcut])
        value = add("relu", shape)
      }
    }
    _ = add("global_average_pool2d", "64")
    _ = add("dense", "10")
    return nodes
  }

  /// A network of `count` layers with branches, merges, unused values and values that are read twice.
  static func random(_ seed: UInt64, count: Int) -> [Node] {
    var state = seed
    func next(below limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    let reach = 1 + next(below: 12)
    return (1...count).reduce(into: [image]) { nodes, index in
      let inputs = (0..<max(1, next(below: 5) - 1)).map { _ in max(0, index - 1 - next(below: reach)) }
      nodes.append(
        Node(
          name: "n\(index)", type: "conv2d", shape: "\(1 + next(below: 512))x28x28", inputs: inputs,
          isOutput: next(below: 10) == 0, startsBox: next(below: 2) == 0))
    }
  }

  static let networks: [(name: String, nodes: [Node])] =
    [
      ("one node", [image]), ("a chain", chain(["conv2d", "relu", "max_pool2d", "dense"])),
      ("a long chain", chain(Array(repeating: "conv2d", count: 40))), ("two heads", Array(twoHeads)),
      ("three branches", Array(threeBranches)), ("ResNet-20", resnet),
      ("every layer read", Array(dense)),
    ] + (1...30).map { ("random network \($0)", random(UInt64($0), count: 2 * $0)) }

  @Test("Every node is in one box, boxes do not overlap, and all text is in them")
  func boxes() throws {
    for (name, nodes) in Self.networks {
      let picture = try Picture(NetworkDiagram(nodes: nodes).drawing)
      for node in nodes { #expect(picture.boxes(named: node.name).count == 1, "\(name): \(node.name)") }
      let (width, height) = (picture.drawing.width, picture.drawing.height)
      #expect(picture.boxes.allSatisfy { $0.isInside(width: width, height: height) }, "\(name)")
      for (index, box) in picture.boxes.enumerated() {
        #expect(!picture.boxes.dropFirst(index + 1).contains(where: box.overlaps), "\(name)")
      }
      for label in picture.drawing.labels.dropFirst() {
        #expect(picture.boxes.filter { $0.contains(label) }.count == 1, "\(name): \(label.text)")
      }
    }
  }

  @Test("An edge leads from the box of each input to that of its reader, and through no other")
  func edges() throws {
    for (name, nodes) in Self.networks {
      let picture = try Picture(NetworkDiagram(nodes: nodes).drawing)
      let boxOf = nodes.map { picture.boxes(named: $0.name).first ?? -1 }
      let expected = nodes.enumerated().flatMap { index, node in
        node.inputs.map { [boxOf[$0], boxOf[index]] }.filter { $0[0] != $0[1] }
      }
      let drawn = picture.edges.map { edge in
        [picture.box(withBottomAt: edge.first), picture.box(withTopAt: edge.last)]
      }
      #expect(drawn.map(\.description).sorted() == expected.map(\.description).sorted(), "\(name)")
      let points = picture.edges.joined()
      #expect(!points.contains { point in picture.boxes.contains { $0.contains(point) } }, "\(name)")
      let (width, height) = (picture.drawing.width, picture.drawing.height)
      #expect(points.allSatisfy { 0...width ~= $0.x && 0...height ~= $0.y }, "\(name)")
    }
  }

  @Test("Layers share the box of their input, unless that is read elsewhere, an output or the image")
  func sharedBoxes() throws {
    func names(_ nodes: [Node]) throws -> [[String]] {
      let picture = try Picture(NetworkDiagram(nodes: nodes).drawing)
      return picture.boxes.indices.map { box in
        nodes.map(\.name).filter { picture.boxes(named: $0) == [box] }
      }
    }
    #expect(
      try names(Self.chain(["relu", "conv2d", "batch_norm", "relu", "dense"])) == [
        ["image"], ["layer0"], ["layer1", "layer2", "layer3"], ["layer4"],
      ])
    #expect(try names(Array(Self.twoHeads)) == [["image"], ["layer0", "trunk"], ["digit"], ["parity"]])
    var nodes = Self.chain(["conv2d", "relu"])
    nodes.append(Node(name: "sum", type: "add", shape: "8x28x28", inputs: [1, 2]))
    #expect(try names(nodes) == [["image"], ["layer0"], ["layer1"], ["sum"]])
    nodes = Self.chain(["conv2d", "relu"])
    nodes.append(Node(name: "next", type: "relu", shape: "8x28x28", inputs: [2], startsBox: false))
    #expect(try names(nodes) == [["image"], ["layer0", "layer1"], ["next"]])
  }

  @Test("A chain and the trunk of a residual network are straight, and two heads are side by side")
  func straight() throws {
    let chain = try Picture(NetworkDiagram(nodes: Self.chain(["conv2d", "conv2d", "dense"])).drawing)
    #expect(Set(chain.boxes.map(\.x)).count == 1)
    let resnet = try Picture(NetworkDiagram(nodes: Self.resnet).drawing)
    let adds = Self.resnet.filter { $0.type == "add" }.flatMap { resnet.boxes(named: $0.name) }
    let columns = Set(adds.map { resnet.boxes[$0].x })
    #expect(adds.count == 9 && columns.count <= 3)
    // Only projections are beside the trunk.
    #expect(resnet.boxes.filter { !columns.contains($0.x) }.count == 2)
    let heads = try Picture(NetworkDiagram(nodes: Array(Self.twoHeads)).drawing)
    let (digit, parity) = (heads.boxes[2], heads.boxes[3])
    #expect(digit.y == parity.y && digit.middle + parity.middle == 2 * heads.boxes[1].middle)
  }

  @Test("Branches of different lengths do not cross")
  func crossings() throws {
    let picture = try Picture(NetworkDiagram(nodes: Array(Self.threeBranches)).drawing)
    let ends = ["a", "b2", "c2"].map { name in
      picture.edges.first { picture.boxes(named: name) == [picture.box(withBottomAt: $0.first)] }?.last?.x
        ?? .nan
    }
    #expect(ends[0] < ends[1] && ends[1] < ends[2])
  }

  @Test("A deep network is cut into columns")
  func columns() {
    let drawing = NetworkDiagram(nodes: Self.resnet).drawing
    #expect(drawing.height < 1000 && drawing.width < 1200)
    let chain = NetworkDiagram(nodes: Self.chain(Array(repeating: "conv2d", count: 40))).drawing
    #expect(chain.height < 1000 && chain.width < 1200)
  }

  @Test(
    "Long names are shortened, and whole in tooltips",
    arguments: [String(repeating: "W", count: 64), "block_1." + String(repeating: "conv_", count: 11)])
  func longNames(name: String) throws {
    let nodes = [
      Self.image, Node(name: name, type: name, shape: name, inputs: [0]),
      Node(name: "next", type: "relu", shape: name, inputs: [1]),
    ]
    let picture = try Picture(NetworkDiagram(nodes: nodes).drawing)
    #expect(picture.drawing.labels.contains { $0.text.hasPrefix(name.prefix(8)) && $0.text.hasSuffix("…") })
    for label in picture.drawing.labels.dropFirst() {
      #expect(picture.boxes.contains { $0.contains(label) }, "\(label.text)")
    }
    let xml = try XMLCheck(picture.drawing.file)
    #expect(xml.texts.contains { $0.name == "title" && $0.text == "\(name): \(name), \(name), from image" })
  }

  @Test("The title counts the layers and names the outputs")
  func title() {
    #expect(
      NetworkDiagram(nodes: Array(Self.twoHeads)).drawing.title
        == "Network: 4 layers, outputs digit, parity")
    #expect(NetworkDiagram("Graph", nodes: [Self.image]).drawing.title == "Graph: 0 layers")
  }

  @Test("The same network has the same image")
  func deterministic() {
    for (_, nodes) in Self.networks {
      #expect(NetworkDiagram(nodes: nodes).drawing.file == NetworkDiagram(nodes: nodes).drawing.file)
    }
  }
}
