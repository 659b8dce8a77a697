import ConfigDecoding
import Testing

@Suite struct ConfigFieldTests {
  enum Monitor: String, CaseIterable { case loss, valLoss = "val_loss" }

  private static func fault<Value>(_ field: ConfigField<Value>, _ json: JSON) -> String {
    let issues = IssueList()
    _ = field.read(json, issues: issues)
    return issues.issues.map(\.description).joined(separator: "\n")
  }

  @Test func scalarsRead() throws {
    #expect(try ConfigField.boolean.read(true).value)
    #expect(try ConfigField.integer(.atLeast(1)).read(7).value == 7)
    #expect(try ConfigField.unsigned().read(JSON(UInt64.max)).value == .max)
    #expect(try ConfigField.number(.within(0...1)).read(1).value == 1)
    #expect(try ConfigField.string.read("x").value == "x")
    #expect(try ConfigField<Monitor>.choice().read("val_loss").value == .valLoss)
  }

  @Test func scalarsRefuse() {
    let text: JSON = "ten"
    #expect(Self.fault(.boolean, 1) == "must be true or false, not 1")
    #expect(Self.fault(.integer(.atLeast(1)), text) == #"must be an integer, not "ten""#)
    #expect(Self.fault(.integer(.atLeast(1)), 0) == "must be an integer of at least 1, not 0")
    #expect(Self.fault(.integer(.within(1...9)), 1.5) == "must be an integer from 1 to 9, not 1.5")
    #expect(Self.fault(.integer(), 0.5) == "must be an integer, not 0.5")
    #expect(
      Self.fault(.unsigned(), -1) == "must be an integer from 0 to 18446744073709551615, not -1")
    #expect(Self.fault(.number(.above(0)), 0) == "must be a number greater than 0, not 0")
    #expect(
      Self.fault(.number(.within(0..<1)), 1) == "must be a number of at least 0 and less than 1, not 1")
    #expect(
      Self.fault(.number(.above(0, atMost: 1)), 2) == "must be a number greater than 0 and at most 1, not 2")
    #expect(Self.fault(.string, .null) == "must be a string, not null")
    #expect(
      Self.fault(ConfigField<Monitor>.choice(), "valloss")
        == #"must be one of "loss", "val_loss", not "valloss"; did you mean "val_loss"?"#)
  }

  @Test func longValuesAreCut() {
    let text = JSON(String(repeating: "x", count: 1000))
    #expect(Self.fault(.boolean, text).count < 80)
    #expect(
      Self.fault(.boolean, JSON([JSON](repeating: 1, count: 99)))
        == "must be true or false, not an array of 99"
    )
    #expect(Self.fault(.boolean, ["a": 1]) == "must be true or false, not an object")
  }

  @Test func listsReadEveryElement() throws {
    let shape = ConfigField.list(of: .integer(.atLeast(1)), count: .within(1...3))
    #expect(try shape.read([1, 28, 28]).value == [1, 28, 28])
    #expect(
      Self.fault(shape, [1, 0, "x"]) == """
        [1]: must be an integer of at least 1, not 0
        [2]: must be an integer, not "x"
        """)
    #expect(Self.fault(shape, []) == "must have a number of elements from 1 to 3, not 0")
    #expect(Self.fault(shape, 3) == "must be an array in [ ], not 3")
    #expect(
      shape.jsonSchema == [
        "type": "array", "items": ["type": "integer", "minimum": 1], "minItems": 1, "maxItems": 3,
      ])
  }

  @Test func pairsTakeOneNumberOrTwo() throws {
    let kernel = ConfigField.pair(.atLeast(1))
    #expect(try kernel.read(5).value == (5, 5))
    #expect(try kernel.read([3, 2]).value == (3, 2))
    #expect(Self.fault(kernel, 0) == "must be an integer of at least 1, not 0")
    #expect(Self.fault(kernel, [1, 0]) == "[1]: must be an integer of at least 1, not 0")
    #expect(Self.fault(kernel, [1]) == "must have a number of elements from 2 to 2, not 1")
    #expect(Self.fault(kernel, "5x5") == #"must be an integer or [height, width], not "5x5""#)
  }

  @Test func customFieldsDecode() throws {
    let padding = ConfigField<[Int]>(
      #""same", a number or [top, left, bottom, right]"#,
      schema: ["anyOf": [["const": "same"], ["type": "integer"]]], placeholder: []
    ) { json in
      json.string == "same" ? [] : json.integer.map { [$0] } ?? json.array?.compactMap(\.integer)
    }
    #expect(try padding.read([1, 2, 1, 2]).value == [1, 2, 1, 2])
    #expect(
      Self.fault(padding, "sane") == #"must be "same", a number or [top, left, bottom, right], not "sane""#)
  }
}
