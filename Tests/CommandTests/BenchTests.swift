import CNNEngine
import Foundation
import Testing

struct BenchTests {
  @Test func everyLayerAndPassIsTimed() throws {
    let outcome = try Sandbox().run("bench torch-lenet --seconds 0.1 --batch-size 32 --threads 2 --json")
    let json = try #require(try outcome.json() as? [String: Any])
    #expect(json["name"] as? String == "torch-lenet" && json["batch_size"] as? Int == 32)
    for key in ["peak_flops", "images_per_second", "evaluated_per_second", "share_of_peak", "peak_memory"] {
      #expect(try #require(json[key] as? Double) > 0, "\(key)")
    }
    let layers = try #require(json["layers"] as? [[String: Any]])
    var passes: [String: Set<String>] = [:]
    for layer in layers {
      let seconds = try #require(layer["thread_seconds"] as? [String: Double])
      passes[try #require(layer["name"] as? String)] = Set(seconds.keys)
      #expect(seconds.values.allSatisfy { $0 > 0 && $0 < 1 })
    }
    // The gradient of the images is not computed.
    #expect(passes["conv1"] == ["packing", "forward", "weight_gradient"])
    #expect(passes["conv2"] == ["packing", "forward", "input_gradient", "weight_gradient"])
    #expect(passes["max_pool2d1"] == ["forward", "input_gradient"])
    let others = try #require(json["other_thread_seconds"] as? [String: Double])
    #expect(Set(others.keys) == ["loading", "loss", "optimizer"])
  }

  @Test func withoutNamesEveryShippedConfigIsMeasured() throws {
    let outcome = try Sandbox().run("bench --seconds 0.1 --batch-size 20 --threads 2 --json")
    #expect(outcome.status == 0 && outcome.lines.count == 11)
  }

  @Test func augmentationIsTimed() throws {
    let sandbox = try Sandbox()
    let entries = ["shift", "rotate", "scale", "shear", "elastic", "erase", "noise"].map { "\"\($0)\"" }
    let data = #""dataset": "builtin", "augment": [\#(entries.joined(separator: ", "))]"#
    try sandbox.write(
      Samples.tinyConfig.replacing(#""dataset": "builtin""#, with: data), to: "augmented.json")
    let outcome = try sandbox.run("bench augmented.json --seconds 0.1 --threads 2 --json")
    let json = try #require(try outcome.json() as? [String: Any])
    let others = try #require(json["other_thread_seconds"] as? [String: Double])
    #expect(Set(others.keys) == ["augmenting", "loading", "loss", "optimizer"])
    #expect(
      try sandbox.run("bench augmented.json --seconds 0.1").output.contains(/Other work: augment [0-9]/))
  }

  @Test func tableFits80Columns() throws {
    let outcome = try Sandbox().run("bench tf-convnet lenet --seconds 0.1 --threads 1")
    #expect(outcome.status == 0 && outcome.errors.isEmpty)
    #expect(outcome.lines.filter { $0.count > 80 } == [])
    for heading in ["tf-convnet, batches of 128", "lenet, batches of 64"] {
      #expect(outcome.lines.contains(heading))
    }
  }

  @Test(arguments: [
    ("--seconds 0", 64), ("--batch-size 0", 64), ("nothing.json", 66), ("rgb-vgg --batch-size 65536", 64),
  ])
  func refuses(options: String, status: Int) throws {
    let outcome = try Sandbox().run("bench \(options)")
    #expect(outcome.status == status)
    #expect(outcome.errors.split(separator: "\n").count >= 1 && outcome.output.isEmpty)
  }
}
