import ConfigDecoding
import Testing

@Suite struct ConfigIssueTests {
  @Test func anIssueIsOneLine() {
    let location = ConfigLocation.file("lenet.json", line: 30, column: 7)
    let issue = ConfigIssue(
      location: location, path: "train.epoch", message: #"unknown key; did you mean "epochs"?"#)
    #expect(issue.description == #"lenet.json:30:7: train.epoch: unknown key; did you mean "epochs"?"#)
    #expect(ConfigIssue(location: .code, path: "", message: "a\nb\u{1B}[1m").description == #"a\nb\u001b[1m"#)
  }

  @Test func anErrorListsItsIssuesByLocation() {
    let locations: [ConfigLocation] = [
      .flag("--lr x"), .file("b", line: 1, column: 1), .file("a", line: 10, column: 1),
      .file("a", line: 9, column: 20), .file("a", line: 9, column: 3),
    ]
    let issues = IssueList()
    for location in locations { issues.report(ConfigIssue(location: location, path: "k", message: "m")) }
    let error = #expect(throws: ConfigError.self) { try issues.check() }
    #expect(error?.description == "a:9:3: k: m\na:9:20: k: m\na:10:1: k: m\nb:1:1: k: m\n--lr x: k: m")
    #expect(throws: Never.self) { try IssueList().check() }
  }

  @Test func ofVeryManyIssuesAHundredAreShown() {
    let issue = ConfigIssue(location: .code, path: "k", message: "m")
    let lines = ConfigError(Array(repeating: issue, count: 1234)).description.split(separator: "\n")
    #expect(lines.count == 101 && lines.last == "and 1134 more")
    #expect(ConfigError(Array(repeating: issue, count: 100)).description.hasSuffix("m"))
  }
}
