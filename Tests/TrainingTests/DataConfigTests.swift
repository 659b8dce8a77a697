import Testing
import TestSupport

private func faults(_ data: String) -> String {
  message {
    _ = try Small.parse(
      """
      { "model": { "layers": [ "flatten", { "type": "dense", "units": 10 } ] },
        "data": { \(data) } }
      """)
  }
}

@Suite struct DataConfigTests {
  @Test("Validation needs a set and a number of images")
  func validation() {
    #expect(
      faults(#""validation": {}"#)
        == "test.json:2:27: data.validation.count: is required: the number of images to hold out")
    #expect(
      faults(#""validation": { "from": "train", "sample": 9 }"#)
        == "test.json:2:56: data.validation.sample: is for \"from\": \"test\"; "
        + "\"count\" holds out training images")
    #expect(
      faults(#""validation": { "from": "test", "count": 9, "sample": 9 }"#)
        == "test.json:2:67: data.validation.sample: cannot be combined with \"count\"")
    for valid in [
      #""count": 5"#, #""from": "test""#, #""from": "test", "count": 5"#, #""from": "test", "sample": 5"#,
    ] {
      #expect(faults("\"validation\": { \(valid) }") == "no error")
    }
  }

  @Test("The divisors of pixels are within the range of a float")
  func normalization() {
    for wrong in [#""scale": 0"#, #""scale": 1e-300"#, #""std": [0]"#, #""mean": []"#, #""mean": [1e300]"#] {
      #expect(faults("\"normalize\": { \(wrong) }").hasPrefix("test.json:2:"))
    }
    #expect(faults(#""normalize": { "scale": 1, "mean": [128], "std": [64] }"#) == "no error")
  }

  @Test("Counts are positive")
  func counts() {
    #expect(
      faults(#""resplit": { "train": 0, "test": 500 }"#)
        == "test.json:2:35: data.resplit.train: must be an integer from 1 to 1000000, not 0")
    #expect(faults(#""builtin": { "test": 1000001 }"#).hasPrefix("test.json:2:34: data.builtin.test: "))
  }
}
