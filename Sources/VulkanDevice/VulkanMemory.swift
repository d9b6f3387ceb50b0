import CVulkan
import Tensors

/// One thing that a card does.
enum Step: Hashable {
  /// - Parameter isIndependent: whether it need not wait for the step before it.
  case dispatch(Kernel, Push, groups: SIMD3<UInt32>, isIndependent: Bool)
  /// Bytes from the host's end of the way to the arena, and back.
  case upload(from: Int, to: Int, bytes: Int)
  case download(from: Int, to: Int, bytes: Int)
}

/// The memory of a pass on a card, and the work that is done there.
///
/// Operations only add steps. They are submitted together as soon as they are work for `workOfSubmission`, or when values are read; the same
/// steps are recorded once and submitted as often as they come again. Two submissions are in flight at most.
///
/// Used from the thread that runs the pass.
package final class VulkanMemory: DeviceMemory {
  let context: VulkanContext
  private let floats: Int
  private let bufferFloats: Int
  private var buffers: [grl_vk_buffer] = []
  private var uploads = grl_vk_buffer()
  private var uploadedBytes = 0
  private var downloads = grl_vk_buffer()

  private var steps: [Step] = []
  private var work = 0.0
  private var recordings: [[Step]: Recording] = [:]
  private var inFlight: [Recording] = []
  private var submissions = 0
  /// Weights that steps name: they stay until the steps are done, even where a layer does not outlive its operation.
  private var held: [ObjectIdentifier: WeightBlock] = [:]

  package private(set) var fault: DeviceFault?
  /// Recordings that were made, and submissions.
  package private(set) var statistics = (recordings: 0, submissions: 0, steps: 0)

  /// - Parameter bufferFloats: of one buffer at most; no map lies across two.
  init(floats: Int, bufferFloats: Int, on context: VulkanContext) throws(OutOfMemory) {
    (self.context, self.floats, self.bufferFloats) = (context, floats, bufferFloats)
    fault = context.fault
    var start = 0
    while start < max(floats, 1) && fault == nil {
      var buffer = grl_vk_buffer()
      let bytes = 4 * max(16, min(bufferFloats, floats - start))
      fault = context.fault(of: grl_vk_allocate(context.handle, UInt64(bytes), GRL_VK_CARD, &buffer))
      if fault?.kind == .outOfMemory {
        freeBuffers()
        throw OutOfMemory(bytes: 4 * floats)
      }
      buffers.append(buffer)
      start += bufferFloats
    }
  }

  deinit {
    wait(downTo: 0)
    recordings = [:]
    freeBuffers()
  }

  private func freeBuffers() {
    for index in buffers.indices { grl_vk_free(context.handle, &buffers[index]) }
    buffers = []
    grl_vk_free(context.handle, &uploads)
    grl_vk_free(context.handle, &downloads)
  }

  // MARK: Places

  /// Where a map lies on the card.
  func address(of map: FeatureMap) -> UInt64 {
    guard fault == nil else { return 0 }
    let (index, place) = map.start.quotientAndRemainder(dividingBy: bufferFloats)
    guard place + map.count <= bufferFloats else {
      fault = DeviceFault(device: context.card.name, call: "map of \(4 * map.count) bytes", kind: .mapTooLarge)
      return 0
    }
    return buffers[index].address + UInt64(4 * place)
  }

  // MARK: Work

  /// Multiplications and additions of a submission: adapted so that one lasts about 50 ms, and desktops and Ctrl-C wait for no longer.
  private var workOfSubmission: Double { context.pace.work }

  /// Where weights lie on the card; they stay there until what is added before the next `finish` is done.
  func address(of weights: StoredWeights) -> UInt64 {
    if let block = weights.block { held[ObjectIdentifier(block)] = block }
    return weights.address
  }

  /// - Parameter work: multiplications and additions, or bytes where there are more of them.
  func add(_ step: Step, work: Double, gate: WorkGate) {
    guard fault == nil else { return }
    steps.append(step)
    self.work += work
    if self.work >= workOfSubmission { submit(gate) }
  }

  /// Hands over what has been added. Waits while the gate is paused; drops it where the gate is cancelled.
  func submit(_ gate: WorkGate) {
    defer { (steps, work) = ([], 0) }
    guard fault == nil, !steps.isEmpty, gate.pass() else { return }
    do throws(DeviceFault) {
      if let fault = context.uploadWeights() { throw fault }
      let recording = try recording(of: steps)
      if let place = inFlight.firstIndex(where: { $0 === recording }) { wait(downTo: inFlight.count - place - 1) }
      wait(downTo: 1)
      guard fault == nil else { return }
      if let fault = context.fault(of: grl_vk_submit(recording.commands)) { throw fault }
      submissions += 1
      statistics.submissions += 1
      statistics.steps += steps.count
      recording.lastUse = submissions
      recording.work = work
      inFlight.append(recording)
    } catch {
      fault = fault ?? error
    }
  }

  /// Returns when everything that was added is done.
  func finish(_ gate: WorkGate) {
    submit(gate)
    wait(downTo: 0)
    held = [:]
    uploadedBytes = 0
  }

  private func wait(downTo count: Int) {
    while inFlight.count > count {
      let recording = inFlight.removeFirst()
      var seconds = 0.0
      if let error = context.fault(of: grl_vk_wait(recording.commands, &seconds)) {
        fault = fault ?? error
      } else {
        context.pace.note(work: recording.work, seconds: seconds)
      }
    }
  }

  // MARK: Recording

  private final class Recording {
    let commands: OpaquePointer
    private let context: VulkanContext
    var lastUse = 0
    var work = 0.0

    init(_ context: VulkanContext) throws(DeviceFault) {
      var made: OpaquePointer?
      let code = grl_vk_make_commands(context.handle, &made)
      if let fault = context.fault(of: code) { throw fault }
      (commands, self.context) = (made!, context)
    }

    deinit { grl_vk_free_commands(commands) }
  }

  private static let mostRecordings = 1024

  private func recording(of steps: [Step]) throws(DeviceFault) -> Recording {
    if let known = recordings[steps] { return known }
    if recordings.count >= Self.mostRecordings {
      let oldest = recordings.values.map(\.lastUse).sorted()[Self.mostRecordings / 2]
      recordings = recordings.filter { entry in entry.value.lastUse > oldest || inFlight.contains { $0 === entry.value }
      }
    }
    let recording = try Recording(context)
    let commands = recording.commands
    if let fault = context.fault(of: grl_vk_begin(commands)) { throw fault }
    for step in steps { try record(step, in: commands) }
    if let fault = context.fault(of: grl_vk_end(commands)) { throw fault }
    statistics.recordings += 1
    if !VulkanFeature.disabled.contains(.replay) { recordings[steps] = recording }
    return recording
  }

  private func record(_ step: Step, in commands: OpaquePointer) throws(DeviceFault) {
    switch step {
    case .dispatch(let kernel, let push, let groups, let isIndependent):
      let pointer = try context.pointer(to: kernel)
      if !isIndependent { grl_vk_barrier(commands) }
      let words = push.words
      withUnsafeBytes(of: (groups.x, groups.y, groups.z)) {
        grl_vk_dispatch(
          commands, pointer, words, UInt32(4 * words.count), $0.baseAddress!.assumingMemoryBound(to: UInt32.self))
      }
    case .upload(let from, let to, let bytes):
      grl_vk_barrier(commands)
      let (index, place) = to.quotientAndRemainder(dividingBy: bufferFloats)
      grl_vk_copy(commands, &uploads, UInt64(from), &buffers[index], UInt64(4 * place), UInt64(bytes))
    case .download(let from, let to, let bytes):
      grl_vk_barrier(commands)
      let (index, place) = from.quotientAndRemainder(dividingBy: bufferFloats)
      grl_vk_copy(commands, &buffers[index], UInt64(4 * place), &downloads, UInt64(to), UInt64(bytes))
    }
  }

  // MARK: Values in and out

  func write(_ values: [Float], to map: FeatureMap, gate: WorkGate) {
    _ = address(of: map)
    let bytes = 4 * values.count
    guard fault == nil, bytes > 0 else { return }
    if uploadedBytes + bytes > Int(uploads.bytes) {
      finish(gate)
      if bytes > Int(uploads.bytes) { reserve(&uploads, bytes: 2 * bytes, GRL_VK_UPLOAD) }
      guard fault == nil else { return }
    }
    values.withUnsafeBytes {
      uploads.host.advanced(by: uploadedBytes).copyMemory(from: $0.baseAddress!, byteCount: bytes)
    }
    add(.upload(from: uploadedBytes, to: map.start, bytes: bytes), work: Double(bytes), gate: gate)
    uploadedBytes += (bytes + 63) / 64 * 64
  }

  /// Zeros where there is a fault, or the gate is cancelled.
  func read(_ map: FeatureMap, gate: WorkGate) -> [Float] {
    _ = address(of: map)
    let bytes = 4 * map.count
    if fault == nil && bytes > Int(downloads.bytes) {
      finish(gate)
      reserve(&downloads, bytes: bytes, GRL_VK_DOWNLOAD)
    }
    add(.download(from: map.start, to: 0, bytes: bytes), work: Double(bytes), gate: gate)
    finish(gate)
    guard fault == nil, gate.isOpen || !gate.isCancelled, let host = downloads.host else {
      return [Float](repeating: 0, count: map.count)
    }
    return [Float](unsafeUninitializedCapacity: map.count) { target, count in
      UnsafeMutableRawPointer(target.baseAddress!).copyMemory(from: host, byteCount: bytes)
      count = map.count
    }
  }

  /// Makes a buffer of the host anew. Recordings name the old one, so they go.
  private func reserve(_ buffer: inout grl_vk_buffer, bytes: Int, _ kind: grl_vk_memory_kind) {
    guard fault == nil else { return }
    recordings = [:]
    grl_vk_free(context.handle, &buffer)
    fault = context.fault(of: grl_vk_allocate(context.handle, UInt64(bytes), kind, &buffer))
  }
}
