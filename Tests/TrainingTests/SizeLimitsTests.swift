import Testing
import Training

@Suite struct SizeLimitsTests {
  private func fault(input: String, layers: String, batch: Int = 1) -> String {
    message {
      _ = try Small.parse(
        """
        { "model": { "input": \(input), "layers": [ \(layers) ] },
          "train": { "batch_size": \(batch) } }
        """)
    }
  }

  @Test("Sizes whose product overflows are refused where they stand")
  func products() {
    #expect(
      fault(input: "[65536, 65536, 65536]", layers: #""flatten", { "type": "dense", "units": 1000000 }"#)
        == "test.json:1:23: model.input: 65536x65536x65536 numbers are more than the 268,435,456 a tensor may have"
    )
    #expect(
      fault(
        input: "[1, 28, 28]",
        layers: """
          { "type": "conv2d", "filters": 65536, "kernel": 1 }, { "type": "conv2d", "filters": 65536, "kernel": 28 }
          """)
        == "test.json:1:101: model.layers[1] (conv2d2): 65536x65536x28x28 numbers are more than "
        + "the 268,435,456 a tensor may have")
  }

  @Test("A batch whose activations no machine holds is refused")
  func batches() {
    let layers = #""flatten", { "type": "dense", "units": 10 }"#
    #expect(
      fault(input: "[1, 4096, 4096]", layers: layers, batch: 4096)
        == "test.json:2:28: train.batch_size: 4,096 images of 33,554,442 activations each are more than "
        + "the 17,179,869,184 a batch may have")
    #expect(fault(input: "[1, 4096, 4096]", layers: layers, batch: 500) == "no error")
  }
}
