import Datasets
import Testing

@Suite struct DatasetLocatorTests {
  private func locate(
    option: String? = nil, environment: [String: String] = [:], config: String? = nil,
    cache: String? = "/cache",
    present: Set<String> = []
  ) -> DatasetLocator {
    DatasetLocator(
      option: option, environment: environment, configDirectory: config, currentFolder: "/here",
      cacheFolder: cache, hasDataset: present.contains)
  }

  @Test func theOptionIsFinal() {
    let everywhere: Set = ["/env", "/here/data/mnist", "/cache"]
    let location = locate(option: "mine", environment: ["CNN_DATA_DIR": "/env"], present: everywhere)
    #expect(location.chosen == location.searched.first)
    #expect(location.chosen.directory == "mine")
    #expect(location.chosen.origin == .option)
    #expect(!location.isPresent)
    #expect(location.searched.count == 1)
  }

  /// A folder that somebody has named for this run comes before one that is set for all.
  @Test func thenTheConfigIsFinal() {
    let location = locate(
      environment: ["CNN_DATA_DIR": "/env"], config: "conf", present: ["/env", "/here/data/mnist", "/cache"])
    #expect(location.chosen == DatasetLocator.Candidate(directory: "/here/conf", origin: .config))
    #expect(!location.isPresent && location.searched == [location.chosen])
    #expect(
      "\(location.notFound)"
        == "/here/conf: no data set here (data.dir of the config); --data DIR names another, "
        + "--data builtin needs none")
  }

  @Test func thenTheEnvironment() {
    let location = locate(environment: ["CNN_DATA_DIR": "env"], present: ["/here/env", "/here/data/mnist"])
    #expect(location.chosen.directory == "/here/env")
    #expect(location.chosen.origin == .environment)
    #expect(location.isPresent)
    let missing = locate(environment: ["CNN_DATA_DIR": "env"], present: ["/here/data/mnist", "/cache"])
    #expect(missing.chosen == location.chosen && !missing.isPresent, "somebody has named it")
    #expect(locate(environment: ["CNN_DATA_DIR": ""]).chosen.origin == .cache)
  }

  @Test func thenTheFirstThatHasTheFiles() {
    let places = ["/here/data/mnist", "/cache"]
    for (index, origin) in [DatasetLocator.Origin.currentFolder, .cache].enumerated() {
      let location = locate(present: Set(places[index...]))
      #expect(location.chosen.directory == places[index])
      #expect(location.chosen.origin == origin)
      #expect(location.isPresent)
      #expect(location.searched.map(\.directory) == Array(places[...index]))
    }
  }

  @Test func elseTheCacheToDownloadInto() {
    let location = locate()
    #expect(location.chosen.directory == "/cache")
    #expect(!location.isPresent)
    #expect(
      "\(location.notFound)"
        == "/cache: no MNIST found; looked in /here/data/mnist (the current folder), /cache (the cache); "
        + "run `cnn download`, or use --data DIR or --data builtin")
    #expect(locate(cache: nil).chosen.directory == "/here/data/mnist")
  }

  /// `$CNN_DATA_DIR` is MNIST's.
  @Test func fashionHasPlacesOfItsOwn() {
    let package = "/usr/share/datasets/fashion-mnist"
    func locate(_ present: Set<String>) -> DatasetLocator {
      DatasetLocator(
        .fashionMNIST, environment: ["CNN_DATA_DIR": "/env"], currentFolder: "/here", cacheFolder: "/cache",
        hasDataset: present.contains)
    }
    #expect(locate(["/env", "/cache", package]).chosen.directory == package)
    #expect(locate(["/here/data/fashion-mnist", package]).chosen.directory == "/here/data/fashion-mnist")
    let missing = locate(["/env", "/cache"])
    #expect(!missing.isPresent)
    #expect(
      "\(missing.notFound)".hasSuffix("install Debian's package dataset-fashion-mnist, or use --data DIR"))
  }

  @Test func findsTheCache() {
    let home = DatasetLocator.cacheFolder(environment: ["HOME": "/h"])
    #if os(macOS)
      #expect(home == "/h/Library/Caches/cnn/mnist")
    #else
      #expect(home == "/h/.cache/cnn/mnist")
    #endif
    #expect(
      DatasetLocator.cacheFolder(environment: ["HOME": "/h", "XDG_CACHE_HOME": "/x"]) == "/x/cnn/mnist")
    #expect(DatasetLocator.cacheFolder(environment: ["HOME": "/h", "XDG_CACHE_HOME": "relative"]) == home)
    #expect(DatasetLocator.cacheFolder(environment: [:]) == nil)
  }
}
