import Workbench

/// iTerm2's inline images: a PNG file in one control string, stretched over cells.
package enum ITermEncoder {
  package static func place(_ pixels: PixelBlock, in area: CanvasArea) -> [UInt8] {
    let file = PNGEncoder.encode(pixels)
    let keys = "inline=1;size=\(file.count);width=\(area.columns);height=\(area.rows);preserveAspectRatio=0"
    // Where the cursor goes afterwards is the terminal's to choose; the caller brings it back.
    return Array("\u{1b}]1337;File=\(keys):".utf8) + KittyEncoder.base64(file) + [0x07]
  }
}
