extension Look {
  /// The heat map's colour for a share, 0...1 (anything else is brought there); `.standard` without colours.
  public func heat(_ share: Double) -> Colour {
    let stops = heat.compactMap(\.usualRGB)
    guard let last = stops.last, stops.count > 1 else { return .standard }
    let place = (share.isFinite ? min(max(share, 0), 1) : 0) * Double(stops.count - 1)
    let index = Int(place)
    guard index + 1 < stops.count else { return last.colour }
    return stops[index].mixed(with: stops[index + 1], place - Double(index)).colour
  }
}
