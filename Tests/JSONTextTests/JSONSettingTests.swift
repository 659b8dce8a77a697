import ConfigDecoding
import JSONText
import Testing

@Suite struct JSONSettingTests {
  private let config: JSON = [
    "train": ["epochs": 10, "early_stop": .null], "model": ["layers": [["type": "relu"], ["type": "dense"]]],
  ]

  @Test(
    arguments: [
      ("train.epochs=3", "train", ["epochs": 3, "early_stop": .null]),
      ("train.early_stop.patience=2", "train", ["epochs": 10, "early_stop": ["patience": 2]]),
      ("model.layers[1].units=10", "model", ["layers": [["type": "relu"], ["type": "dense", "units": 10]]]),
      ("model.layers.0=dropout", "model", ["layers": ["dropout", ["type": "dense"]]]),
      ("data.dir=a=b.c", "data", ["dir": "a=b.c"]),
      ("name=", "name", ""), ("name=\"7\"", "name", "7"), ("name=1e999", "name", "1e999"),
      ("train=[1, {\"a\": null}]", "train", [1, ["a": .null]]),
    ] as [(String, String, JSON)])
  func sets(setting: String, key: String, expected: JSON) {
    var json = config
    let issues = IssueList()
    json.apply(setting: setting, issues: issues)
    #expect(json[key] == expected && issues.issues.isEmpty)
  }

  @Test(arguments: [
    ("epochs", "--set epochs: expected key.path=value, as in train.epochs=3"),
    ("=3", #"--set =3: "" is not a key path such as model.layers[3].kernel"#),
    ("a..b=3", #"--set a..b=3: "a..b" is not a key path such as model.layers[3].kernel"#),
    ("a[x]=3", #"--set a[x]=3: "a[x]" is not a key path such as model.layers[3].kernel"#),
    ("a[-1]=3", #"--set a[-1]=3: "a[-1]" is not a key path such as model.layers[3].kernel"#),
    ("train.epochs.x=3", #"--set train.epochs.x=3: train.epochs: is 10, which has no key "x""#),
    ("train[0]=3", "--set train[0]=3: train: is not an array; there is no [0]"),
    (
      "model.layers[2]=3",
      "--set model.layers[2]=3: model.layers: has 2 elements, numbered from 0; there is no [2]"
    ),
    (
      "model.layers.x=3",
      "--set model.layers.x=3: model.layers: is an array; expected the index of an element"
    ),
  ])
  func refuses(setting: String, line: String) {
    var json = config
    let issues = IssueList()
    json.apply(setting: setting, issues: issues)
    #expect(json == config && issues.issues.map(\.description) == [line])
    #expect(issues.issues.allSatisfy { $0.location.isFlag })
  }

  /// Deeper than a config may nest, a path would only use up the stack.
  @Test(arguments: [".a", "[0]"]) func refusesDeepPaths(step: String) {
    var json: JSON = [:]
    let issues = IssueList()
    json.apply(setting: "a" + String(repeating: step, count: 30_000) + "=3", issues: issues)
    #expect(json == [:] && issues.issues.count == 1)
    json.apply(setting: "a" + String(repeating: ".a", count: 31) + "=3", issues: issues)
    #expect(json != [:] && issues.issues.count == 1)
  }

  @Test func settingsHaveTheFlagAsLocation() {
    var json = config
    json.set("train.new.lr", to: 0.1, flag: "--lr 0.1", issues: IssueList())
    let created = json["train"]?.members?.last
    #expect(created?.keyLocation == .flag("--lr 0.1") && created?.value["lr"]?.location == .flag("--lr 0.1"))
  }
}
