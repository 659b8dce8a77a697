/// How much ink lies on each pixel of a photo or a drawing, whatever the light and the colours.
package enum InkMap {
  /// The background is estimated on a map of this many pixels along the longer side.
  private static let coarseSide = 160

  /// Ink is what differs from the paper around it: 0 for paper, up to 1 for black on white or white on black.
  package static func ink(_ picture: GrayImage) -> GrayImage {
    let bright = isInkBright(picture) ? picture : picture.map { 1 - $0 }
    let paper = background(bright)
    var ink = bright
    for index in ink.values.indices { ink.values[index] = max(0, ink.values[index] - paper.values[index]) }
    // The background runs along the lower edge of the noise.
    let grain = ink.quantile(0.5)
    return ink.map { max(0, $0 - grain) }
  }

  /// Whether the ink is brighter than the paper: the pixels that stand out most from their surroundings, which
  /// are few, are bright.
  package static func isInkBright(_ picture: GrayImage) -> Bool {
    let (coarse, margin) = framed(shrunk(picture))
    // Wider than a stroke, narrower than most shadows.
    let around = coarse.blurred(radius: max(1, margin / 2))
    let skew = zip(coarse.values, around.values).reduce(0.0) { sum, pair in
      let difference = Double(pair.0 - pair.1)
      return sum + difference * difference * difference
    }
    return skew > 0
  }

  /// What a picture of bright ink would be without it: everything bright that is narrower than about a third of
  /// the picture is cut off, as a plane iron does.
  ///
  /// Shadows and the edges of a sheet stay, as they are wider.
  package static func background(_ picture: GrayImage) -> GrayImage {
    let small = shrunk(picture)
    let (coarse, margin) = framed(small)
    let radius = max(1, min(max(small.width, small.height) / 8, min(small.width, small.height) / 2))
    let paper = coarse.eroded(radius: radius).dilated(radius: radius).blurred(radius: radius / 4)
    return paper.cropped(
      rows: margin..<margin + small.height, columns: margin..<margin + small.width
    ).resized(width: picture.width, height: picture.height)
  }

  /// The picture on a larger sheet, on which its edges go on: a digit that fills it has paper around it then.
  private static func framed(_ map: GrayImage) -> (map: GrayImage, margin: Int) {
    let margin = max(map.width, map.height) / 3 + 1
    let (width, height) = (map.width + 2 * margin, map.height + 2 * margin)
    var values: [Float] = []
    values.reserveCapacity(width * height)
    for row in 0..<height {
      for column in 0..<width {
        let y = min(max(row - margin, 0), map.height - 1), x = min(max(column - margin, 0), map.width - 1)
        values.append(map[y, x])
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
