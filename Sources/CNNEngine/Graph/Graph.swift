/// Operations over numbered values, in the order in which they are computed: a model as rewrites change it before its
/// memory is planned.
struct Graph {
  /// An operation with the values it reads and writes, and the layer it comes from.
  struct Node {
    /// The layer's name.
    let name: String
    /// The layer's number in the model.
    let layer: Int
    var operation: any Operation
    /// The values that it reads.
    var inputs: [Int]
    /// The value that it computes.
    let output: Int
    /// The tensors that it learns.
    var parameters: [Parameter] = []
    /// The tensors that it keeps.
    var state: [StateTensor] = []
    /// The batch norm that is part of its weights in evaluation.
    var foldedNorm: FoldedNorm?
  }

  /// One image's shape of every value; value 0 is the image.
  private(set) var shapes: [Shape]
  /// The operations in order.
  var nodes: [Node] = []
  /// The value that each of the model's losses reads.
  var outputs: [Int]

  /// A graph without operations.
  init(input: Shape, outputs: [Int]) { (shapes, self.outputs) = ([input], outputs) }

  /// Appends an operation that computes a new value; returns the value.
  @discardableResult
  mutating func append(
    _ operation: any Operation, of inputs: [Int], layer: Int, name: String, parameters: [Parameter] = [],
    state: [StateTensor] = []
  ) -> Int {
    shapes.append(operation.output)
    nodes.append(
      Node(
        name: name, layer: layer, operation: operation, inputs: inputs, output: shapes.count - 1,
        parameters: parameters, state: state))
    return shapes.count - 1
  }

  /// The number of the node that computes a value; nil for the image.
  func producer(of value: Int) -> Int? { nodes.firstIndex { $0.output == value } }

  /// The nodes on which the values that a node reads depend, up to those that `isSeen`, in order.
  func unseen(before node: Int, isSeen: (Int) -> Bool) -> [Int] {
    var (found, open): (Set<Int>, [Int]) = ([], [node])
    while let next = open.popLast() {
      for producer in nodes[next].inputs.compactMap(producer) where !isSeen(producer) {
        if found.insert(producer).inserted { open.append(producer) }
      }
    }
    return found.sorted()
  }

  /// The nodes that read a value, once for each of their inputs that does, in order.
  func readers(of value: Int) -> [Int] {
    nodes.indices.flatMap { index in nodes[index].inputs.filter { $0 == value }.map { _ in index } }
  }

  /// The node that alone reads a value; nil where there is none, or another one, or a loss.
  func onlyReader(of value: Int) -> Int? {
    let readers = readers(of: value)
    return readers.count == 1 && !outputs.contains(value) ? readers[0] : nil
  }

  /// Lets everything that reads `value` read `other`.
  mutating func redirect(_ value: Int, to other: Int) {
    for index in nodes.indices {
      for input in nodes[index].inputs.indices where nodes[index].inputs[input] == value {
        nodes[index].inputs[input] = other
      }
    }
    for index in outputs.indices where outputs[index] == value { outputs[index] = other }
  }
}

extension Model {
  /// The operations that compute the outputs, after all rewrites.
  ///
  /// - Parameter training: whether there will be a backward pass; without one, batch norms are folded into weights.
  func graph(training: Bool) -> Graph {
    var graph = unrewrittenGraph()
    absorbSoftmax(&graph, outputs: outputs)
    if !usesWinograd { useDirectConvolutions(&graph) }
    if !training { foldBatchNorms(&graph) }
    fuseReLUIntoMaxPool(&graph)
    reuseReLUMasks(&graph)
    flattenOutputs(&graph, outputs: outputs)
    return graph
  }

  /// A node for each layer, its activation and its activity regularizer.
  private func unrewrittenGraph() -> Graph {
    var graph = Graph(input: input, outputs: [])
    // The graph's value for each of the model's.
    var values = [0]
    for (index, layer) in layers.enumerated() {
      let operation = layer.layer.makeOperation(of: layer.inputShapes, output: layer.output)
      var inputs = layer.inputs.map { values[$0] }
      if operation.isCommutative {
        // The nearest input comes first: that is the one the operation can be fused with.
        let nearest = inputs.indices.max { inputs[$0] < inputs[$1] } ?? 0
        inputs.insert(inputs.remove(at: nearest), at: 0)
      }
      var value = graph.append(
        operation, of: inputs, layer: index, name: layer.name, parameters: layer.parameters,
        state: layer.state)
      if let activation = layer.layer.activation {
        value = graph.append(
          activation.makeOperation(of: [layer.output], output: layer.output), of: [value], layer: index,
          name: layer.name)
      }
      if let regularizer = layer.layer.activityRegularizer {
        value = graph.append(
          ActivityRegularizerOp(input: layer.output, regularizer: regularizer), of: [value], layer: index,
          name: layer.name)
      }
      values.append(value)
    }
    graph.outputs = outputs.map { values[$0.value] }
    return graph
  }
}
