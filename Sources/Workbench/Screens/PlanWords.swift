import EngineWire

/// What the engine says about a job in the words of the workbench: the engine names options of the command line, here they are
/// rows of the plan.
enum PlanWords {
  private static let phrases: [(String, String)] = [
    ("; add --overwrite to replace or --skip-existing to keep it", ": row 'if it exists' of the plan settles that"),
    (
      "add --skip-existing to leave it that picture, or choose another name with -o, --output-dir or --name",
      "let row 'if it exists' skip it, or change row 'output' or 'name'"
    ),
    ("choose another name with -o or --name", "change row 'name', or let row 'if it exists' choose another name"),
    ("restore them apart, or with --name such as", "restore them apart, or with a row 'name' such as"),
    ("add --recursive to look into its folders", "row 'subfolders' of the plan looks into its folders"),
    ("a folder; --recursive looks into it", "a folder; row 'subfolders' looks into it"),
    ("'grl restore --task demosaic' makes one of it", "task demosaic makes one of it"),
    ("--noise gaussian takes the other", "the other is for white noise alone"),
    (
      "restore what is there with --damaged keep",
      "let row 'if damaged' of the plan keep what is there"
    ),
    ("choose another one with --output-dir or -o", "choose another one in row 'output'"),
    ("choose a shorter one with --name or -o", "choose a shorter one in row 'name'"),
    ("use --output-dir or --name", "give a folder in row 'output', or change row 'name'"),
    (
      "make it smaller with --fit WxH or --max-megapixels, or restore a part with --region",
      "make it smaller in row 'fit into' or 'megapixels'"
    ),
  ]

  /// `text` without options of the command line: phrases by their counterparts, what is left by the row's title.
  static func text(_ text: String) -> String {
    guard text.contains("-") else { return text }
    var text = text
    for (phrase, words) in phrases { text = text.replacing(phrase, with: words) }
    guard text.contains("--") || text.contains(" -o ") else { return text }
    for option in JobOption.all {
      for word in [option.word] + option.flags.map(\.word) where word.hasPrefix("--") {
        text = text.replacing(word + " ", with: "row '\(option.title)' ")
        for end in [",", ";", ")", ":"] { text = text.replacing(word + end, with: "row '\(option.title)'" + end) }
        if text.hasSuffix(word) { text = text.dropLast(word.count) + "row '\(option.title)'" }
      }
    }
    return text.replacing("-o ", with: "row 'output' ")
  }
}
