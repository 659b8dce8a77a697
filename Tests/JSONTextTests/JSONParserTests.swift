import ConfigDecoding
import Formatting
import JSONText
import Testing

@Suite struct JSONParserTests {
  private func parse(_ text: String, limits: JSON.Limits = JSON.Limits()) throws(ConfigError) -> JSON {
    try JSON(parsing: Array(text.utf8), origin: "x", limits: limits)
  }

  private func error(_ text: String, limits: JSON.Limits = JSON.Limits()) -> String {
    do throws(ConfigError) {
      return "no error: \(try parse(text, limits: limits))"
    } catch {
      return error.description
    }
  }

  @Test(
    arguments: [
      (" { } ", [:]), ("[]", []), ("[1, [2, {}]]", [1, [2, [:]]]), ("true", true), ("-0.5e1", -5),
      (#"{"a": null, "b": [false, "x"]}"#, ["a": .null, "b": [false, "x"]]),
      (#""\"\\\/\b\f\n\r\t\u0041\u00e9\ud83D\uDE00é😀""#, "\"\\/\u{8}\u{C}\n\r\tAé😀é😀".json),
      ("\t\r\n 1 \n", 1),
    ] as [(String, JSON)])
  func parses(text: String, expected: JSON) throws {
    #expect(try parse(text) == expected)
  }

  @Test func everyValueAndKeyHasALocation() throws {
    let json = try parse("{\n  \"é😀\": [1,\n   true]\r\n}")
    let member = try #require(json.members?.first)
    #expect(json.location.description == "x:1:1" && member.keyLocation.description == "x:2:3")
    #expect(member.value.location.description == "x:2:9")
    #expect(member.value.array?.map(\.location.description) == ["x:2:10", "x:3:4"])
  }

  @Test(arguments: [
    ("", "x:1:1: expected a value, not the end of the text"),
    ("{\"a\": 1,\n}", "x:1:8: trailing comma before }"),
    ("[1, 2,]", "x:1:6: trailing comma before ]"),
    ("[1 2]", "x:1:4: expected , or ], not 2"),
    ("{\"a\" 1}", "x:1:6: a: expected : after the key, not 1"),
    ("{a: 1}", "x:1:2: expected a key in double quotes, not a"),
    ("{'a': 1}", "x:1:2: expected a key in double quotes, not ' (strings and keys need double quotes)"),
    ("{\"a\": 'b'}", "x:1:7: a: expected a value, not ' (strings and keys need double quotes)"),
    ("{} // done", "x:1:4: a comment (JSON has none) after the end of the value"),
    ("# lenet\n{}", "x:1:1: expected a value, not a comment (JSON has none)"),
    ("[1] 2", "x:1:5: 2 after the end of the value"),
    ("{\"a\": {\"b\": [0, True]}}", "x:1:17: a.b[1]: \"True\" is not a JSON value; did you mean true?"),
    ("None", "x:1:1: \"None\" is not a JSON value; did you mean null?"),
    ("same", "x:1:1: \"same\" is not a JSON value; strings need double quotes"),
    ("NaN", "x:1:1: \"NaN\" is not a JSON number"),
    ("-Infinity", "x:1:1: \"-Infinity\" is not a JSON number"),
    ("[.5]", "x:1:2: [0]: \".5\" is not a JSON number"),
    ("01", "x:1:1: \"01\" is not a JSON number"),
    ("1e999", "x:1:1: \"1e999\" is out of the range of numbers"),
    ("\"a", "x:1:1: the string that starts here has no closing \""),
    ("\"a\nb\"", "x:1:1: the string that starts here has no closing \""),
    ("\"a\tb\"", "x:1:3: a control character in a string must be escaped, such as \\t"),
    ("\"\\x\"", "x:1:2: invalid escape sequence \\x; write \\\\ for a backslash"),
    ("\"\\u12g4\"", "x:1:2: \\u needs four hexadecimal digits"),
    ("\"\\u+123\"", "x:1:2: \\u needs four hexadecimal digits"),
    ("\"\\ud83d\"", "x:1:2: an unpaired surrogate is not a character"),
    ("\"\\ud83d\\u0041\"", "x:1:2: an unpaired surrogate is not a character"),
    ("\"\\ude00\"", "x:1:2: an unpaired surrogate is not a character"),
    ("\"\\", "x:1:2: the text ends within an escape sequence"),
    ("[\"a\", \u{7}]", "x:1:7: [1]: expected a value, not \\u0007"),
  ])
  func refuses(text: String, line: String) {
    #expect(error(text) == line)
  }

  @Test func allDuplicateKeysAreReported() {
    let text = "{\"train\": {\"a\": 1,\n \"a\": 2},\n \"train\": 3, \"lr\": 1e999}"
    #expect(
      error(text) == """
        x:2:2: train.a: duplicate key; first given at x:1:12
        x:3:2: train: duplicate key; first given at x:1:2
        x:3:20: lr: "1e999" is out of the range of numbers
        """)
  }

  @Test func refusesWhatIsNotUTF8() {
    #expect(
      throws: ConfigError([
        ConfigIssue(
          location: .file("x", line: 1, column: 3), path: "", message: "not UTF-8 at byte 2")
      ])
    ) { try JSON(parsing: [0x5B, 0x22, 0xC0, 0xAF, 0x22, 0x5D], origin: "x") }
  }

  @Test func limitsHold() {
    let deep = String(repeating: "[", count: 32) + String(repeating: "]", count: 32)
    #expect(error(deep).hasPrefix("no error"))
    #expect(error("[\(deep)]").hasSuffix("nested deeper than 32 levels"))
    #expect(error(String(repeating: "[", count: 1 << 20)).hasSuffix("nested deeper than 32 levels"))
    #expect(error("[1234]", limits: JSON.Limits(bytes: 5)) == "x:1:1: 6 bytes; the limit is 5")
  }

  @Test func aMegabyteOnOneLineIsLinear() throws {
    let entries = (0..<8000).map {
      #""layer\#($0).weight":{"dtype":"F32","shape":[64,32,3,3],"data_offsets":[\#($0),\#($0 + 1)]}"#
    }
    let text = "{\(entries.joined(separator: ","))}"
    let started = ContinuousClock.now
    let json = try parse(text)
    #expect(json.members?.count == 8000 && json.members?.last?.key == "layer7999.weight")
    #expect(started.duration(to: .now) < .seconds(2))
  }

  /// Every truncation and many corruptions of a valid text give a value or an error, never a trap.
  @Test func survivesCorruption() throws {
    let valid = Array(
      #"{"a":[1,-2.5e3,"\u00e9\ud83d\ude00é\n"],"b":{"c":null,"d":[true,false,[]]},"é":{}}"#.utf8)
    for length in valid.indices {
      #expect(throws: ConfigError.self) { try JSON(parsing: Array(valid[..<length]), origin: "x") }
    }
    var state: UInt64 = 1
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    for _ in 0..<50_000 {
      var bytes = valid
      for _ in 0...random(3) { bytes[random(bytes.count)] = UInt8(random(256)) }
      if let json = try? JSON(parsing: bytes, origin: "x") {
        #expect(try JSON(parsing: Array(json.description.utf8), origin: "x") == json)
      }
    }
    for _ in 0..<20_000 {
      let bytes = (0..<random(40)).map { _ in Array("{}[]\",:\\u0eE+-.1tfn ".utf8)[random(20)] }
      _ = try? JSON(parsing: bytes, origin: "x")
    }
  }
}

extension String {
  fileprivate var json: JSON { JSON(self) }
}
