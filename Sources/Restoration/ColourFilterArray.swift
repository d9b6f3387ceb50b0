import Imaging

public typealias ColourFilterArray = Imaging.ColourFilterArray
