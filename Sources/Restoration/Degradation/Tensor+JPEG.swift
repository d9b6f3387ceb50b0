import Imaging
import Tensors

extension Tensor {
  func throughJPEG(quality: Int) throws(DegradationError) -> Tensor {
    throw .codec(.unsupported(path: "", what: "JPEG in memory"))
  }
}
