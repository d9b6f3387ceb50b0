// swift-tools-version:6.1
import PackageDescription

/// Kernels of graphics cards, compiled: `Sources/VulkanDevice/Shaders/compile` makes them.
let shaders = ["attention", "channels", "norm", "product", "rearrange"]

let package = Package(
  name: "grl-workbench",
  products: [
    .executable(name: "grl", targets: ["grl"]),
    .library(name: "Restoration", targets: ["Restoration", "Imaging", "Tensors"]),
    .library(name: "GRLModel", targets: ["GRLModel", "CPUDevice", "Checkpoints", "Tensors"]),
    .library(name: "Imaging", targets: ["Imaging"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
  ],
  targets: [
    .target(name: "CBase", linkerSettings: [.linkedLibrary("z")]),
    .target(name: "Base", dependencies: ["CBase", .product(name: "Crypto", package: "swift-crypto")]),
    .target(name: "CKernels"),
    .target(
      name: "CImageIO",
      linkerSettings: [
        .linkedLibrary("png"), .linkedLibrary("jpeg"), .linkedLibrary("tiff"), .linkedLibrary("webp"),
        .linkedLibrary("lcms2"), .linkedLibrary("raw_r"), .linkedLibrary("dl"),
      ]),
    .target(name: "CTerminal", linkerSettings: [.linkedLibrary("ncursesw"), .linkedLibrary("tinfo")]),
    .target(name: "Tensors"),
    .target(name: "CPUDevice", dependencies: ["Tensors", "CKernels"]),
    .target(name: "CVulkan", linkerSettings: [.linkedLibrary("dl")]),
    .target(
      name: "VulkanDevice", dependencies: ["Base", "CVulkan", "Tensors"],
      exclude: ["Shaders/SHA256SUMS", "Shaders/compile"] + shaders.map { "Shaders/\($0).comp" } + [
        "Shaders/memory.glsl"
      ],
      resources: shaders.map { .embedInCode("Shaders/\($0).spv") }),
    .target(name: "Checkpoints", dependencies: ["Base", "Tensors"]),
    .target(name: "GRLModel", dependencies: ["Tensors", "Checkpoints"]),
    .target(name: "GRLTraining", dependencies: ["GRLModel", "CPUDevice", "CKernels", "Checkpoints", "Tensors"]),
    .target(
      name: "Inspection",
      dependencies: ["GRLModel", "GRLTraining", "CPUDevice", "CKernels", "Checkpoints", "Tensors"]),
    .target(name: "Imaging", dependencies: ["Base", "CImageIO"]),
    .target(
      name: "Restoration",
      dependencies: ["Base", "Imaging", "GRLModel", "CPUDevice", "VulkanDevice", "Checkpoints", "Tensors"],
      resources: [.copy("Models"), .embedInCode("Verification/photograph.jpg")]),
    .target(name: "EngineWire", dependencies: ["Base"]),
    .target(
      name: "Evaluation", dependencies: ["Base", "Restoration", "Imaging", "GRLModel", "CPUDevice", "Tensors"],
      resources: [.embedInCode("published-results.txt")]),
    .target(
      name: "Trainer",
      dependencies: [
        "Base", "Restoration", "Imaging", "GRLModel", "GRLTraining", "CPUDevice", "Checkpoints", "Tensors",
      ]),
    .target(name: "Reports", dependencies: ["Base", "EngineWire", "Restoration", "Imaging", "GRLModel"]),
    .target(name: "JobStore", dependencies: ["Base", "EngineWire"]),
    .target(name: "EngineTransport", dependencies: ["Base", "EngineWire"]),
    .target(
      name: "EngineCore",
      dependencies: [
        "Base", "Restoration", "Trainer", "Imaging", "GRLModel", "GRLTraining", "CPUDevice", "Checkpoints", "Tensors",
        "EngineWire", "JobStore", "EngineTransport", "Inspection",
      ]),
    .target(name: "Workbench", dependencies: ["Base", "EngineWire"]),
    .target(name: "TerminalDriver", dependencies: ["Base", "CTerminal", "Workbench"]),
    .executableTarget(
      name: "grl",
      dependencies: [
        "GRLTraining", "Trainer", "Inspection",
        "Base", "EngineCore", "EngineTransport", "EngineWire", "Evaluation", "JobStore", "Reports", "Workbench",
        "TerminalDriver", "Restoration", "Imaging", "GRLModel", "Checkpoints", "CPUDevice", "VulkanDevice", "Tensors",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      resources: [.embedInCode("Demo/torii-gates.jpg")]),

    .target(
      name: "TestSupport",
      dependencies: ["Base", "GRLModel", "CPUDevice", "VulkanDevice", "Checkpoints", "Tensors", "Imaging"],
      path: "Tests/TestSupport"),
    .target(
      name: "FuzzTargets",
      dependencies: [
        "Base", "Imaging", "Checkpoints", "GRLModel", "Restoration", "Trainer", "EngineWire", "JobStore", "EngineCore",
        "Workbench",
      ],
      path: "Tests/Fuzz/Targets"),
    .testTarget(name: "FuzzTests", dependencies: ["FuzzTargets", "TestSupport"], path: "Tests/Fuzz/Tests"),
    .testTarget(name: "BaseTests", dependencies: ["Base"]),
    .testTarget(name: "TensorsTests", dependencies: ["Base", "CPUDevice", "Tensors", "CKernels", "TestSupport"]),
    .testTarget(name: "CheckpointsTests", dependencies: ["Checkpoints", "Tensors", "TestSupport"]),
    .testTarget(
      name: "GRLModelTests",
      dependencies: ["GRLModel", "CPUDevice", "VulkanDevice", "Checkpoints", "Tensors", "TestSupport"]),
    .testTarget(
      name: "VulkanDeviceTests",
      dependencies: ["Base", "VulkanDevice", "GRLModel", "CPUDevice", "Checkpoints", "Tensors", "TestSupport"]),
    .testTarget(
      name: "GRLTrainingTests",
      dependencies: ["GRLTraining", "GRLModel", "CPUDevice", "Checkpoints", "Tensors", "TestSupport"]),
    .testTarget(
      name: "InspectionTests",
      dependencies: ["Inspection", "GRLModel", "CPUDevice", "Checkpoints", "Tensors", "TestSupport"]),
    .testTarget(
      name: "GoldenTests",
      dependencies: ["GRLModel", "CPUDevice", "VulkanDevice", "Checkpoints", "Tensors", "TestSupport"]),
    .testTarget(name: "ImagingTests", dependencies: ["Base", "Imaging", "Restoration", "Tensors", "TestSupport"]),
    .testTarget(
      name: "RestorationTests",
      dependencies: ["Base", "Restoration", "Imaging", "GRLModel", "Checkpoints", "VulkanDevice", "TestSupport"]),
    .testTarget(
      name: "TrainerTests",
      dependencies: [
        "Trainer", "Base", "Restoration", "Imaging", "GRLModel", "GRLTraining", "Checkpoints", "Tensors", "TestSupport",
      ]),
    .testTarget(name: "EngineWireTests", dependencies: ["Base", "EngineWire"]),
    .testTarget(
      name: "EngineCoreTests",
      dependencies: [
        "Base", "EngineCore", "EngineTransport", "EngineWire", "JobStore", "Restoration", "Imaging", "TestSupport",
      ]),
    .testTarget(name: "WorkbenchTests", dependencies: ["Base", "Workbench", "EngineWire"], exclude: ["Screens"]),
    .testTarget(name: "TerminalDriverTests", dependencies: ["TerminalDriver", "Workbench", "CTerminal", "Imaging"]),
    .testTarget(name: "ScreenTests", dependencies: ["EngineWire", "Imaging", "TestSupport"], exclude: ["Screens"]),
    .testTarget(name: "CrashTests", dependencies: ["Base", "EngineWire", "Imaging", "JobStore", "TestSupport"]),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "grl", "Base", "EngineCore", "EngineWire", "Restoration", "Imaging", "GRLModel", "Checkpoints", "VulkanDevice",
        "TestSupport",
      ]),
  ],
  swiftLanguageModes: [.v6]
)

// `make fuzz` alone builds with GRL_FUZZ: the fuzzer as one more executable, and the readers of what comes from outside with its
// counters and the address sanitizer (the kernels take minutes with them, and read no files). Nothing else changes for anybody.
if Context.environment["GRL_FUZZ"] != nil {
  let sanitizers = "-sanitize=fuzzer,address"
  package.targets.append(
    .executableTarget(
      name: "fuzz", dependencies: ["FuzzTargets"], path: "Tests/Fuzz/Driver",
      // GNU's older linker fails on what the compiler makes for the sanitizer.
      linkerSettings: [.unsafeFlags([sanitizers, "-use-ld=lld"])]))
  let readers = [
    "Base", "Checkpoints", "GRLModel", "Imaging", "Restoration", "Trainer", "EngineWire", "JobStore",
    "EngineTransport", "EngineCore", "Workbench", "FuzzTargets", "fuzz",
  ]
  for target in package.targets where readers.contains(target.name) {
    target.swiftSettings = [.unsafeFlags([sanitizers])]
  }
  for target in package.targets where target.name == "CImageIO" {
    target.cSettings = [
      .unsafeFlags(["-fsanitize=fuzzer-no-link,address,undefined", "-fsanitize-trap=undefined", "-g"])
    ]
  }
}
