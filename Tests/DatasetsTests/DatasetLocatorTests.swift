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

  @Test func thenTheEnvironment() {
    let location = locate(
      environment: ["CNN_DATA_DIR": "env"], config: "conf", present: ["/here/env", "/here/conf"])
    #expect(location.chosen.directory == "/here/env")
    #expect(location.chosen.origin == .environment)
    #expect(location.isPresent)
    #expect(locate(environment: ["CNN_DATA_DIR": ""]).chosen.origin == .cache)
  }

  @Test func thenTheFirstThatHasTheFiles() {
    let places = ["/here/conf", "/here/data/mnist", "/cache"]
    let origins: [DatasetLocator.Origin] = [.config, .currentFolder, .cache]
    for (index, origin) in origins.enumerated() {
      let location = locate(config: "conf", present: Set(places[index...]))
      #expect(location.chosen.directory == places[index])
      #expect(location.chosen.origin == origin)
      #expect(location.isPresent)
      #expect(location.searched.map(\.directory) == Array(places[...index]))
    }
  }

  @Test func elseTheCacheToDownloadInto() {
    let location = locate(config: "/abs")
    #expect(location.chosen.directory == "/cache")
    #expect(!location.isPresent)
    #expect(
      "\(location.notFound)"
        == "/cache: no MNIST found; looked in /abs (data.dir of the config), /here/data/mnist (the current "
        + "folder), /cache (the cache); run `cnn download`, or use --data DIR or --data builtin")
    #expect(locate(cache: nil).chosen.directory == "/here/data/mnist")
  }

  @Test func theDefaultFolderIsSearchedOnce() {
    #expect(locate(config: "data/mnist").searched.map(\.directory) == ["/here/data/mnist", "/cache"])
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
