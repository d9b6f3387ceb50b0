import ArgumentParser

struct Models: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List, inspect, import and verify models.",
    discussion: """
      EXAMPLES
        grl models list
        grl models show denoise-color-tiny
        grl models import dn_grl_small_c3s25.ckpt --name denoise-25-small
        grl models verify
      """,
    subcommands: [ModelsList.self, ModelsShow.self, ModelsImport.self, ModelsVerify.self],
    defaultSubcommand: ModelsList.self)
}
