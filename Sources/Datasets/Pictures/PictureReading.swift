import FileIO
import ImageFiles
import Synchronization
import Threads

/// Reads the pictures in many files into one array, on all cores.
///
/// Each thread takes the next file; one picture for each is in memory besides the result.
struct PictureReading {
  /// What became of a file.
  enum Result: UInt8 {
    case failed, noPicture, read
  }

  /// A file that has been decoded.
  enum Decoded {
    case picture(Images)
    case noPicture
    case failure(DataError)
  }

  /// What became of each file.
  let results: [Result]
  /// The numbers of pictures by their shape before they were scaled.
  let sizes: [ImageShape: Int]
  private var all: [UInt8]
  private let shape: ImageShape
  private let preparation: PicturePreparation

  /// Reads the files at `paths`; `progress` is called after some of them and at the end.
  init(
    _ paths: [String], shape: ImageShape, _ preparation: PicturePreparation,
    _ progress: (@Sendable (Int, Int) -> Void)?
  ) {
    (self.shape, self.preparation) = (shape, preparation)
    var results = [Result](repeating: .failed, count: paths.count)
    let next = Atomic<Int>(0)
    let state = Mutex((done: 0, sizes: [ImageShape: Int]()))
    let step = max(16, min(1024, paths.count / 200))
    all = [UInt8](unsafeUninitializedCapacity: paths.count * shape.size) { buffer, count in
      nonisolated(unsafe) let pixels = buffer
      results.withUnsafeMutableBufferPointer { buffer in
        nonisolated(unsafe) let results = buffer
        // One task a core: each takes files until there are no more.
        performConcurrently(min(64, paths.count)) { _ in
          while true {
            let first = next.add(16, ordering: .relaxed).oldValue
            guard first < paths.count else { return }
            var sizes: [ImageShape: Int] = [:]
            let last = min(first + 16, paths.count)
            for index in first..<last {
              let image = pixels[index * shape.size..<(index + 1) * shape.size]
              let target = UnsafeMutableBufferPointer(rebasing: image)
              results[index] = Self.read(paths[index], into: target, shape: shape, preparation, &sizes)
            }
            state.withLock { state in
              let before = state.done / step
              state.done += last - first
              for (shape, count) in sizes { state.sizes[shape, default: 0] += count }
              if state.done / step > before || state.done == paths.count {
                progress?(state.done, paths.count)
              }
            }
          }
        }
      }
      count = paths.count * shape.size
    }
    self.results = results
    sizes = state.withLock { $0.sizes }
  }

  /// Fills `pixels` with the picture in a file, or with zeros.
  private static func read(
    _ path: String, into pixels: UnsafeMutableBufferPointer<UInt8>, shape: ImageShape,
    _ preparation: PicturePreparation, _ sizes: inout [ImageShape: Int]
  ) -> Result {
    var result = Result.failed
    switch decode(path) {
    case .failure: break
    case .noPicture: result = .noPicture
    case .picture(let picture):
      if let input = try? preparation.prepare(picture, for: shape, name: path),
        input.pixels.count == pixels.count
      {
        sizes[picture.shape, default: 0] += 1
        _ = pixels.initialize(fromContentsOf: input.pixels)
        return .read
      }
    }
    pixels.initialize(repeating: 0)
    return result
  }

  /// Decodes the picture in a file; a file that is called like no picture may be another one.
  static func decode(_ path: String) -> Decoded {
    do throws(DataError) {
      let file = try InputFile(regularFile: path)
      guard let length = file.length, length <= PictureFile.byteLimit else {
        return .failure(.unsuitable(path: path, reason: "the file is too large for a picture"))
      }
      let bytes = try file.read(exactly: length)
      guard
        PictureFile.isPicture(FileSignature(bytes.prefix(FileSignature.length)))
          || PictureName.isPicture(path)
      else { return .noPicture }
      return .picture(try PictureFile.decode(ByteSource(bytes: bytes, name: path)))
    } catch {
      // A pipe that is called like none is no picture.
      return PictureName.isPicture(path) || isRegularFile(path) ? .failure(error) : .noPicture
    }
  }

  /// Why files could not be read, in a clause each; paths are shown from `folder` on.
  func reasons(of paths: [String], in folder: String) -> [String] {
    paths.map { path in
      var reason = "no reason is known any more"
      switch Self.decode(path) {
      case .failure(let error): reason = error.description
      case .noPicture: break
      case .picture(let picture):
        do throws(DataError) {
          _ = try preparation.prepare(picture, for: shape, name: path)
        } catch { reason = error.description }
      }
      return reason.shown(from: folder).oneLine
    }
  }

  /// The pixels of the files at some indices, in ascending order.
  consuming func pixels(at kept: [Int]) -> [UInt8] {
    if kept.count == results.count { return all }
    var pixels = all
    all = []
    let size = shape.size
    pixels.withUnsafeMutableBytes { pixels in
      for (place, index) in kept.enumerated() where place != index {
        UnsafeMutableRawBufferPointer(rebasing: pixels[place * size..<(place + 1) * size])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: pixels[index * size..<(index + 1) * size]))
      }
    }
    pixels.removeLast(pixels.count - kept.count * size)
    return pixels
  }
}
