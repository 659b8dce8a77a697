import ConfigDecoding
import CSIMD

/// A fully connected layer: y = x W^T + b.
package struct Dense: Layer {
  let units: Int
  private let weights: WeightOptions

  package init(_ reader: ObjectReader) {
    units = reader.value("units", .integer(.within(1...1_000_000)), "output features")
    weights = WeightOptions(reader, output: "unit")
  }

  package func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    guard input.isFlat else {
      throw ShapeError(
        "needs flat features, not a \(input) map; "
          + "put { \"type\": \"flatten\" } before it (\(input.count) features)", fallback: Shape([units]))
    }
    return Shape([units])
  }

  package func parameters(for input: Shape) -> [ParameterSpec] {
    weights.parameters(shape: [units, input.count], fanIn: input.count, fanOut: units)
  }

  package var activityPenalty: ActivityPenalty? { weights.activityPenalty }

  package func multiplyAdds(input: Shape, output: Shape) -> Int { input.count * output.count }

  package var details: LayerDetails { LayerDetails(bias: weights.hasBias) }

  package func onnxOperators(input: Shape, output: Shape) -> [ONNXOperator] {
    [ONNXOperator("Gemm", [.integer("transB", 1)], takesWeights: true)]
  }

  package func build(input: Shape, output: Shape) -> any BuiltLayer {
    MatrixProduct(input: input, output: output)
  }
}

/// A dense layer bound to its shapes: y `[N, U]` from x `[N, F]` and weights `[U, F]`.
///
/// Some blocks of the batch stand side by side where a convolution has pixels, so a weight serves several images' lanes.
struct MatrixProduct: MixingLayer {
  let input: Shape
  let output: Shape
  private let unitTiles: [ChannelTile]
  private let featureTiles: [ChannelTile]
  private var features: Int { input.count }
  private var units: Int { output.count }

  /// Feature tiles whose input gradient is one piece of work.
  private static let tilesPerPiece = 8
  /// Vectors of features whose weight gradient is one piece of work.
  private static var vectorsPerPiece: Int { LaneCPU.registers == 32 ? 3 : 2 }
  private static var featuresPerPiece: Int { vectorsPerPiece * LaneCPU.laneCount }

  init(input: Shape, output: Shape) {
    (self.input, self.output) = (input, output)
    unitTiles = ChannelTile.tiles(for: output.count)
    featureTiles = ChannelTile.tiles(for: input.count)
  }

  var channelGroups: [Range<Int>] { unitTiles.map(\.channels) }
  var mostBlocksPerPiece: Int { WeightWalk.mostBlocks }
  func scratchSize(blocks: Int, training: Bool) -> Int {
    training ? blocks * LaneCPU.laneCount * Self.featuresPerPiece : 0
  }

  // MARK: Forward

  func forward(
    _ region: Region, _ pass: LayerPass, _ step: StepInfo, scratch: UnsafeMutablePointer<Float>
  ) {
    for tile in unitTiles where region.channels.contains(tile.first) {
      computeOutputs(
        tile: tile.width, x: pass.x.row(region.blocks.lowerBound, 0, 0), xStep: pass.x.block,
        weights: pass.weights + tile.first &* features,
        walk: WeightWalk(terms: features, term: 1, output: features), bias: pass.bias.map { $0 + tile.first },
        y: pass.y.row(region.blocks.lowerBound, tile.first, 0),
        yStep: pass.y.block, yChannel: pass.y.channel, blocks: region.blocks.count)
    }
  }

  // MARK: Backward

  /// How the input gradient is cut: into groups of blocks, and these into groups of feature tiles.
  private func inputGradientCut(_ step: StepInfo) -> (units: Int, groups: Int) {
    (
      (step.blocks + mostBlocksPerPiece - 1) / mostBlocksPerPiece,
      (featureTiles.count + Self.tilesPerPiece - 1) / Self.tilesPerPiece
    )
  }

  private func inputGradientPieces(_ pass: LayerPass, _ step: StepInfo) -> Int {
    let cut = inputGradientCut(step)
    return pass.dx == nil ? 0 : cut.units * cut.groups
  }

  private var weightGradientPieces: Int { (features + Self.featuresPerPiece - 1) / Self.featuresPerPiece }

  func backwardPieces(_ pass: LayerPass, _ step: StepInfo) -> WorkItems {
    WorkItems(
      inputGradientPieces(pass, step), weightGradientPieces, pass.biasGradient == nil ? 0 : 1)
  }

  func backwardPass(of piece: Int, _ pass: LayerPass, _ step: StepInfo) -> StepPass {
    piece < inputGradientPieces(pass, step) ? .inputGradient : .weightGradient
  }

  func backward(_ piece: Int, _ pass: LayerPass, _ step: StepInfo, scratch: UnsafeMutablePointer<Float>) {
    guard let dy = pass.dy else { return }
    let pieces = inputGradientPieces(pass, step)
    if piece < pieces {
      inputGradient(piece, dy, pass, step)
    } else if piece < pieces + weightGradientPieces {
      weightGradient((piece - pieces) &* Self.featuresPerPiece, dy, pass, step, scratch)
    } else if let biasGradient = pass.biasGradient {
      for unit in 0..<units {
        var sum = Lanes()
        for block in 0..<step.blocks { sum += dy.row(block, unit, 0)[0] }
        biasGradient[unit] = sum.laneSum()
      }
    }
  }

  private func inputGradient(_ piece: Int, _ dy: FeatureMaps, _ pass: LayerPass, _ step: StepInfo) {
    guard let dx = pass.dx else { return }
    let cut = inputGradientCut(step)
    let (unit, group) = piece.quotientAndRemainder(dividingBy: cut.groups)
    let blocks = (0..<step.blocks).part(unit, of: cut.units)
    let tiles = group * Self.tilesPerPiece..<min((group + 1) * Self.tilesPerPiece, featureTiles.count)
    for tile in featureTiles[tiles] {
      computeOutputs(
        tile: tile.width, x: dy.row(blocks.lowerBound, 0, 0), xStep: dy.block,
        weights: pass.weights + tile.first,
        walk: WeightWalk(terms: units, term: features, output: 1), bias: nil,
        y: dx.row(blocks.lowerBound, tile.first, 0), yStep: dx.block, yChannel: dx.channel,
        blocks: blocks.count)
    }
  }

  private func weightGradient(
    _ first: Int, _ dy: FeatureMaps, _ pass: LayerPass, _ step: StepInfo,
    _ scratch: UnsafeMutablePointer<Float>
  ) {
    let columns = min(Self.featuresPerPiece, features &- first)
    readByImage(first, columns, pass.x, step, into: scratch)
    let transposed = UnsafeRawPointer(scratch).assumingMemoryBound(to: Lanes.self)
    for tile in unitTiles {
      let gradient = pass.weightGradient + (tile.first &* features &+ first)
      let upstream = dy.row(0, tile.first, 0)
      switch (tile.width, Self.vectorsPerPiece) {
      case (8, 3):
        OuterTile<8, 3>.sum(
          features: transposed, dy: upstream, dyBlock: dy.block, blocks: step.blocks, gradient: gradient,
          rowLength: features, columns: columns)
      case (4, 2):
        OuterTile<4, 2>.sum(
          features: transposed, dy: upstream, dyBlock: dy.block, blocks: step.blocks, gradient: gradient,
          rowLength: features, columns: columns)
      default:
        for unit in 0..<tile.width {
          if Self.vectorsPerPiece == 3 {
            OuterTile<1, 3>.sum(
              features: transposed, dy: upstream + unit &* dy.channel, dyBlock: dy.block,
              blocks: step.blocks, gradient: gradient + unit &* features, rowLength: features,
              columns: columns)
          } else {
            OuterTile<1, 2>.sum(
              features: transposed, dy: upstream + unit &* dy.channel, dyBlock: dy.block,
              blocks: step.blocks, gradient: gradient + unit &* features, rowLength: features,
              columns: columns)
          }
        }
      }
    }
  }

  /// Transposes some features of all images from lanes to rows: `[image][featuresPerPiece]`.
  private func readByImage(
    _ first: Int, _ columns: Int, _ x: FeatureMaps, _ step: StepInfo, into rows: UnsafeMutablePointer<Float>
  ) {
    let (lanes, width) = (LaneCPU.laneCount, Self.featuresPerPiece)
    for block in 0..<step.blocks {
      let target = rows + block &* lanes &* width
      transpose(x.row(block, first, 0), columns, to: target, rowLength: width)
      for lane in 0..<lanes {
        for column in columns..<width { target[lane &* width &+ column] = 0 }
      }
    }
  }
}
