// swift-tools-version: 6.2
import PackageDescription

// The engine is compiled for the CPU it is built on. `CNN_CPU=x86-64-v3 swift build` builds for another one.
#if arch(x86_64)
  let cpuFlags = ["-Xcc", "-march=\(Context.environment["CNN_CPU"] ?? "native")"]
#else
  let cpuFlags: [String] = []
#endif

// Swift's own checks of arithmetic and bounds cost time in the kernels; `CNN_CHECKED=1 swift build` keeps them.
let engineOptimization = Context.environment["CNN_CHECKED"] == nil ? "-Ounchecked" : "-O"

// Who imports whom is part of the architecture: docs/layout.md draws it, and scripts/check-imports holds every source to it.
let package = Package(
  name: "cnn",
  platforms: [.macOS(.v26)],
  products: [
    .executable(name: "cnn", targets: ["cnn"]),
    .library(name: "CNNEngine", targets: ["CNNEngine"]),
    .library(name: "CNNTraining", targets: ["Training", "Datasets", "ImageFiles"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    // System libraries
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .systemLibrary(
      name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"]), .brew(["libpng"])]),
    .systemLibrary(
      name: "CTurboJPEG", pkgConfig: "libturbojpeg",
      providers: [.apt(["libturbojpeg0-dev"]), .brew(["jpeg-turbo"])]),
    .systemLibrary(
      name: "CCrypto", providers: [.apt(["libssl-dev"])]),

    // Foundations
    .target(name: "CSIMD"),
    .target(name: "CPictureLibraries"),
    .target(name: "CPlatform"),
    .target(name: "CSubprocess"),
    .target(name: "Formatting"),
    .target(name: "Randomness"),
    .target(name: "Statistics", dependencies: ["Formatting"]),
    .target(name: "Threads"),
    .target(name: "ConfigDecoding", dependencies: ["Formatting"]),
    .target(name: "JSONText", dependencies: ["ConfigDecoding"]),

    // The engine
    .target(
      name: "CNNEngine",
      dependencies: ["CPlatform", "CSIMD", "ConfigDecoding", "Randomness", "Threads"],
      swiftSettings: [
        // Kernels are generic in their tile size: only once they are unrolled do the tiles stay in registers.
        .unsafeFlags([engineOptimization, "-Xllvm", "-unroll-threshold=3000"] + cpuFlags)
      ]),

    // Files and data
    .target(name: "FileIO", dependencies: ["CSubprocess", "CZlib", "Formatting"]),
    .target(name: "ModelFormats", dependencies: ["FileIO", "JSONText"]),
    .target(name: "ImageFiles", dependencies: ["CPictureLibraries", "CPNG", "CTurboJPEG", "FileIO"]),
    .target(
      name: "Datasets",
      dependencies: ["CCrypto", "FileIO", "ImageFiles", "ModelFormats", "Randomness", "Threads"]),
    .target(
      name: "Training", dependencies: ["CNNEngine", "Datasets", "JSONText", "Statistics"],
      resources: [.embedInCode("Configs")]),

    // What people see
    .target(name: "SVGCharts", dependencies: ["Formatting"]),
    .target(name: "Reporting", dependencies: ["SVGCharts", "Training"]),
    .target(name: "HTTPServer", dependencies: ["Formatting", "Threads"]),
    .target(name: "WebDemo", dependencies: ["HTTPServer", "Training"], resources: [.embedInCode("Page")]),
    .executableTarget(
      name: "cnn",
      dependencies: [
        "Reporting", "Training", "WebDemo",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // Tests
    .target(name: "CAllocationCounter", path: "Tests/Support/CAllocationCounter"),
    .target(
      name: "TestSupport", dependencies: ["CNNEngine", "Datasets"], path: "Tests/Support",
      exclude: ["CAllocationCounter"], swiftSettings: [.unsafeFlags(cpuFlags)]),
    .testTarget(name: "FormattingTests", dependencies: ["Formatting"]),
    .testTarget(name: "StatisticsTests", dependencies: ["Statistics"]),
    .testTarget(name: "RandomnessTests", dependencies: ["Randomness"]),
    .testTarget(name: "ConfigDecodingTests", dependencies: ["JSONText"]),
    .testTarget(name: "JSONTextTests", dependencies: ["JSONText"]),
    .testTarget(
      name: "CNNEngineTests", dependencies: ["ModelFormats", "TestSupport"],
      swiftSettings: [.unsafeFlags(cpuFlags)]),
    .testTarget(name: "FileIOTests", dependencies: ["TestSupport"]),
    .testTarget(name: "ModelFormatsTests", dependencies: ["TestSupport"]),
    .testTarget(name: "ImageFilesTests", dependencies: ["TestSupport"]),
    .testTarget(name: "DatasetsTests", dependencies: ["TestSupport"]),
    .testTarget(name: "TrainingTests", dependencies: ["CAllocationCounter", "TestSupport", "Training"]),
    .testTarget(name: "SVGChartsTests", dependencies: ["SVGCharts", "TestSupport"]),
    .testTarget(name: "HTTPServerTests", dependencies: ["HTTPServer", "TestSupport"]),
    .testTarget(name: "WebDemoTests", dependencies: ["WebDemo"]),
    .testTarget(name: "CommandTests", dependencies: ["TestSupport", "cnn"], exclude: ["Snapshots"]),
  ]
)

// The fuzz targets want a build of their own; see scripts/fuzz.
if Context.environment["CNN_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "fuzz", dependencies: ["Reporting"], path: "Tests/Fuzz", exclude: ["Corpus"],
      swiftSettings: [.unsafeFlags(["-parse-as-library"])]))
}
