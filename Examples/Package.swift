// swift-tools-version: 6.2
import PackageDescription

// A package of its own that uses the repository as anyone else would. Elsewhere, depend on it by version:
// .package(url: "https://github.com/OWNER/cnn", from: "0.1.0")
let package = Package(
  name: "Examples",
  platforms: [.macOS(.v26)],
  dependencies: [.package(name: "cnn", path: "..")],
  targets: [
    .executableTarget(
      name: "TrainLeNet",
      dependencies: [
        .product(name: "CNNEngine", package: "cnn"), .product(name: "CNNTraining", package: "cnn"),
      ]),
    .executableTarget(
      name: "ReadPicture",
      dependencies: [
        .product(name: "CNNEngine", package: "cnn"), .product(name: "CNNTraining", package: "cnn"),
      ]),
  ]
)
