import ArgumentParser

@main
struct GRLCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "grl", abstract: "Restores images with GRL networks.")
}
