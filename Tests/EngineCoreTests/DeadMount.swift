import Base
import Foundation
import Testing

/// A file system that does not answer: one of FUSE behind which nobody stands. Whatever asks for something in it waits in the
/// kernel until `end`.
final class DeadMount: Sendable {
  let path: String
  private let descriptor: Locked<Int32>

  /// nil where this process may not mount.
  init?(at path: String) {
    let fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC)
    guard fuse >= 0 else { return nil }
    let options = "fd=\(fuse),rootmode=40000,user_id=\(getuid()),group_id=\(getgid())"
    guard mount("grl-test", path, "fuse", 0, options) == 0 else {
      close(fuse)
      return nil
    }
    self.path = path
    descriptor = Locked(fuse)
  }

  deinit { end() }

  /// Whoever waits is told that there is nothing any more.
  func end() {
    descriptor.withLock { descriptor in
      guard descriptor >= 0 else { return }
      umount2(path, Int32(MNT_DETACH))
      close(descriptor)
      descriptor = -1
    }
  }

  /// Tried once, in a folder of its own.
  static let isPossible: Bool = {
    let folder = FileManager.default.temporaryDirectory.appending(path: "grl-mount-\(UUID().uuidString)")
    do { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) } catch { return false }
    let mount = DeadMount(at: folder.path)
    mount?.end()
    rmdir(folder.path)
    return mount != nil
  }()
}

extension Trait where Self == ConditionTrait {
  static var canMount: Self {
    .enabled(if: DeadMount.isPossible, "a dead file system takes /dev/fuse and the right to mount")
  }
}
