/// Background subtraction: the amount of ink on each pixel, for any lighting and colours.
package enum InkMap {
  /// The background is estimated on an image reduced to this many pixels along its longer side.
  private static let coarseSide = 160

  /// The difference of each pixel and the background: 0 for paper, up to 1 for black on white or white on black.
  package static func ink(_ picture: GrayImage) -> GrayImage {
    let bright = isInkBright(picture) ? picture : picture.map { 1 - $0 }
    let paper = background(of: bright)
    var ink = bright
    for index in ink.values.indices { ink.values[index] = max(0, ink.values[index] - paper.values[index]) }
    // The background is estimated at the lower end of the noise.
    let noise = ink.quantile(0.5)
    return ink.map { max(0, $0 - noise) }
  }

  /// Whether the ink is brighter than the paper: the differences of the pixels and their surroundings are skewed to
  /// the bright side, as ink covers few pixels.
  package static func isInkBright(_ picture: GrayImage) -> Bool {
    let (coarse, margin) = padded(shrunk(picture))
    // The window is wider than a stroke and narrower than most shadows.
    let around = coarse.blurred(radius: max(1, margin / 2))
    let skew = zip(coarse.values, around.values).reduce(0.0) { sum, pair in
      let difference = Double(pair.0 - pair.1)
      return sum + difference * difference * difference
    }
    return skew > 0
  }

  /// The background of a picture of bright ink: a morphological opening removes everything bright that is narrower
  /// than about a third of the picture.
  ///
  /// Shadows and the edges of a sheet are wider, so they belong to the background.
  package static func background(of picture: GrayImage) -> GrayImage {
    let small = shrunk(picture)
    let (coarse, margin) = padded(small)
    let radius = max(1, min(max(small.width, small.height) / 8, min(small.width, small.height) / 2))
    let paper = coarse.eroded(radius: radius).dilated(radius: radius).blurred(radius: radius / 4)
    return paper.cropped(
      rows: margin..<margin + small.height, columns: margin..<margin + small.width
    ).resized(width: picture.width, height: picture.height)
  }

  /// The picture padded with its edge pixels, so that a digit that fills it has paper around it.
  private static func padded(_ image: GrayImage) -> (image: GrayImage, margin: Int) {
    let margin = max(image.width, image.height) / 3 + 1
    let (width, height) = (image.width + 2 * margin, image.height + 2 * margin)
    var values: [Float] = []
    values.reserveCapacity(width * height)
    for row in 0..<height {
      for column in 0..<width {
        let y = min(max(row - margin, 0), image.height - 1), x = min(max(column - margin, 0), image.width - 1)
        values.append(image[y, x])
      }
    }
    return (GrayImage(width: width, height: height, values: values), margin)
  }

  private static func shrunk(_ picture: GrayImage) -> GrayImage {
    let longest = max(picture.width, picture.height)
    if longest <= coarseSide { return picture }
    return picture.resized(
      width: max(1, picture.width * coarseSide / longest),
      height: max(1, picture.height * coarseSide / longest))
  }
}
