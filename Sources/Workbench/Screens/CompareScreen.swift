/// The room for pictures side by side.
struct CompareScreen: Room {
  static let title = "Compare: pictures side by side"
  static let state = "Not built yet. Nothing here computes; grl compare A B measures two pictures today."
  static let plan = [
    "Two to four pictures: side by side, flipped, wiped or subtracted.",
    "Zoom and position the same in all of them; the values of the pixel under the cursor.",
    "PSNR and SSIM of the whole picture and of what is in sight, with the name of the convention.",
    "Before and after of one region: p on screen 1 shows that today.",
  ]
  static let keys = "Its keys will be: b flip, x wipe, d difference, + - zoom, = 1:1, 0 fit, e sheet"
}
