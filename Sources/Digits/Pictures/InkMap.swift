/// How much ink lies on each pixel of a photo or a drawing, whatever the light and the colours.
package enum InkMap {
  /// The background is estimated on a map of this many pixels along the longer side.
  private static let coarseSide = 160

  /// Ink is what differs from the paper around it: 0 for paper, up to 1 for black on white or white on black.
  package static func ink(_ picture: GrayMap) -> GrayMap {
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
  package static func isInkBright(_ picture: GrayMap) -> Bool {
    let coarse = shrunk(picture)
    let around = coarse.blurred(radius: min(coarse.width, coarse.height) / 4)
    let skew = zip(coarse.values, around.values).reduce(0.0) { sum, pair in
      let difference = Double(pair.0 - pair.1)
      return sum + difference * difference * difference
    }
    return skew > 0
  }

  /// What a picture of bright ink would be without it: everything bright that is narrower than a third of the
  /// picture is cut off, as a plane iron does.
  ///
  /// Shadows and the edges of a sheet stay, as they are wider.
  package static func background(_ picture: GrayMap) -> GrayMap {
    let coarse = shrunk(picture)
    let radius = max(1, min(coarse.width, coarse.height) / 6)
    return coarse.eroded(radius: radius).dilated(radius: radius).blurred(radius: radius / 4)
      .resized(width: picture.width, height: picture.height)
  }

  private static func shrunk(_ picture: GrayMap) -> GrayMap {
    let longest = max(picture.width, picture.height)
    if longest <= coarseSide { return picture }
    return picture.resized(
      width: max(1, picture.width * coarseSide / longest),
      height: max(1, picture.height * coarseSide / longest))
  }
}
