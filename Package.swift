// swift-tools-version: 6.2
import PackageDescription

// The engine is compiled for the CPU it is built on. `CNN_CPU=x86-64-v3 swift build` builds for another one.
#if arch(x86_64)
  let cpuFlags = ["-Xcc", "-march=\(Context.environment["CNN_CPU"] ?? "native")"]
#else
  let cpuFlags: [String] = []
#endif

let package = Package(
  name: "cnn",
  platforms: [.macOS(.v26)],
  products: [.executable(name: "cnn", targets: ["cnn"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
  ],
  targets: [
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .systemLibrary(
      name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"]), .brew(["libpng"])]),
    .systemLibrary(
      name: "CTurboJPEG", pkgConfig: "libturbojpeg",
      providers: [.apt(["libturbojpeg0-dev"]), .brew(["jpeg-turbo"])]),
    .target(name: "CLanes"),
    .target(name: "Randomness"),
    .target(name: "Configuration"),
    .target(
      name: "Digits",
      dependencies: [
        "CPNG", "CTurboJPEG", "CZlib", "Randomness", .product(name: "Crypto", package: "swift-crypto"),
      ]),
    .target(
      name: "ConvNet",
      dependencies: ["CLanes", "Configuration", "Interchange", "Randomness"],
      swiftSettings: [
        // Kernels are generic in their tile size: only once they are unrolled do the tiles stay in registers.
        .unsafeFlags(["-Ounchecked", "-Xllvm", "-unroll-threshold=3000"] + cpuFlags)
      ]),
    .target(name: "Interchange", dependencies: ["Configuration"]),
    .target(
      name: "Training",
      dependencies: ["Configuration", "ConvNet", "Digits", "Interchange", "Randomness"],
      resources: [.embedInCode("Configs")]),
    .target(name: "Charts", dependencies: ["Digits"]),
    .target(name: "Reporting", dependencies: ["Charts", "Configuration", "ConvNet", "Digits", "Training"]),
    .target(
      name: "Serving", dependencies: ["Configuration", "ConvNet", "Digits", "Training"],
      resources: [.embedInCode("Page")]),
    .executableTarget(
      name: "cnn",
      dependencies: [
        "Charts", "Reporting", "Serving", "Training",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .testTarget(name: "RandomnessTests", dependencies: ["Randomness"]),
    .testTarget(name: "ConfigurationTests", dependencies: ["Configuration"]),
    .testTarget(name: "DigitsTests", dependencies: ["Digits"]),
    .testTarget(
      name: "ConvNetTests",
      dependencies: ["Configuration", "ConvNet", "Digits", "Interchange", "Randomness"],
      swiftSettings: [.unsafeFlags(cpuFlags)]),
    .testTarget(name: "InterchangeTests", dependencies: ["Interchange"]),
    .testTarget(
      name: "TrainingTests",
      dependencies: ["Configuration", "ConvNet", "Digits", "Interchange", "Randomness", "Training"]),
    .target(name: "TestSupport", path: "Tests/Support"),
    .testTarget(name: "ChartsTests", dependencies: ["Charts", "Digits", "TestSupport"]),
    .testTarget(
      name: "ServingTests", dependencies: ["Configuration", "ConvNet", "Digits", "Serving", "Training"]),
    .testTarget(
      name: "CommandTests", dependencies: ["Digits", "TestSupport", "cnn", "Training"], exclude: ["Snapshots"]
    ),
  ]
)

// The fuzz targets want a build of their own; see scripts/fuzz.
if Context.environment["CNN_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "fuzz", dependencies: ["CZlib", "Configuration", "ConvNet", "Digits", "Interchange", "Training"],
      path: "Tests/Fuzz",
      exclude: ["Corpus"], swiftSettings: [.unsafeFlags(["-parse-as-library"])]))
}
