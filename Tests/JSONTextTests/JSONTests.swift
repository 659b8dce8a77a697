import ConfigDecoding
import JSONText
import Testing

@Suite struct JSONTests {
  @Test func literalsBuildValuesInOrder() {
    let json: JSON = ["name": "conv1", "kernel": [5, 5], "rate": 0.5, "bias": true, "init": .null]
    #expect(json.description == #"{"name":"conv1","kernel":[5,5],"rate":0.5,"bias":true,"init":null}"#)
  }

  @Test func accessorsReturnNilForOtherKinds() {
    let json: JSON = ["text": "3", "whole": 3, "half": 0.5, "flag": false, "none": .null]
    #expect(json["text"]?.string == "3" && json["text"]?.number == nil)
    #expect(json["whole"]?.integer == 3 && json["whole"]?.number == 3 && json["whole"]?.unsigned == 3)
    #expect(json["half"]?.number == 0.5 && json["half"]?.integer == nil)
    #expect(json["flag"]?.bool == false && json["flag"]?.string == nil)
    #expect(json["none"]?.isNull == true && json["missing"] == nil && json["text"]?["x"] == nil)
  }

  @Test func subscriptSetsAppendsAndRemoves() {
    var json: JSON = ["a": 1, "b": 2]
    json["a"] = 3
    json["c"] = [4]
    json["b"] = nil
    json["missing"] = nil
    #expect(json == ["a": 3, "c": [4]])
  }

  @Test func numbersThatJSONCannotHoldAreNull() {
    #expect(JSON(Double.nan).isNull && JSON(-Double.infinity).isNull && JSON(Float(0.1)).description == "0.1")
  }

  @Test func equalityIgnoresLocations() throws {
    let parsed = try JSON(parsing: Array(#"{ "a": [1.0] }"#.utf8), origin: "x")
    #expect(parsed == ["a": [1]] && parsed != ["a": [2]] && parsed != ["b": [1]])
    #expect(parsed.relocated(to: .flag("-x"))["a"]?.array?.first?.location == .flag("-x"))
  }
}
