import Base
import EngineWire
import GRLModel
import Restoration

extension AttentionNetwork {
  init(_ picture: InspectedPicture) {
    let configuration = picture.configuration
    self.init(
      model: picture.restorer.model.card.name, depths: configuration.depths, windowHeads: configuration.windowHeads,
      stripeHeads: configuration.stripeHeads)
  }
}

extension AttentionInfo {
  init(
    _ row: AttentionRow, _ order: AttentionOrder, _ picture: InspectedPicture, correlation: Double? = nil,
    seconds: Double,
    isNewPass: Bool
  ) {
    let cell = row.cell
    self.init(
      network: AttentionNetwork(picture), order: order, pictureWidth: picture.image.width,
      pictureHeight: picture.image.height, tile: Rectangle(cell.area), rows: cell.rows, columns: cell.columns,
      left: cell.left, top: cell.top, mapColumns: cell.mapColumns, mapRows: cell.mapRows,
      pixelsPerKey: cell.pixelsPerKey, parts: cell.parts.map { Rectangle($0) },
      window: row.window.parts.map { Rectangle($0) }, isShifted: row.isShifted,
      anchor: row.anchor.map { Rectangle($0) }, largest: Double(row.weights.max() ?? 0),
      correlation: correlation, figures: AttentionFigures(row.numbers), seconds: seconds, isNewPass: isNewPass)
  }
}

extension AttentionFigures {
  init(_ numbers: AttentionNumbers) {
    self.init(
      entropyBits: numbers.entropyBits, entropyLimitBits: numbers.entropyLimitBits, meanDistance: numbers.meanDistance,
      radius90: numbers.radius90, massInWindow: numbers.massInWindow, massOnPadding: numbers.massOnPadding,
      anisotropy: numbers.anisotropy, anisotropyOfCell: numbers.anisotropyOfCell,
      topKeys: numbers.topKeys.map { Key(x: $0.x, y: $0.y, share: $0.weight) })
  }
}
