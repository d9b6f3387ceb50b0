import Testing
import Workbench

@Suite struct SettingsTests {
  @Test("what is written is read again")
  func kept() throws {
    var settings = Settings()
    (settings.theme, settings.colours, settings.graphics) = ("light", "256", "kitty")
    (settings.showsHidden, settings.usesMouse) = (true, true)
    (settings.memoryBytes, settings.threadCount) = (4 << 30, 2)
    (settings.host, settings.task, settings.plan) = ("me@server", "denoise", ["task": "denoise", "model": "own"])
    let (again, badKeys) = try #require(Settings.parse(settings.fileBytes()))
    #expect(again == settings)
    #expect(badKeys == [])
  }

  @Test("one value of the wrong kind does not cost the others, and unknown keys are passed over")
  func wrongKinds() throws {
    let text = #"{"theme": 7, "threadCount": 2.5, "later": {"a": [1]}, "usesMouse": true, "host": "me@server"}"#
    let (settings, badKeys) = try #require(Settings.parse(Array(text.utf8)))
    var expected = Settings()
    (expected.usesMouse, expected.host) = (true, "me@server")
    #expect(settings == expected)
    #expect(badKeys == ["theme", "threadCount"])
  }

  @Test(
    "what is no JSON object, or too long, is told as such", arguments: ["", "[]", "7", "theme = dark", "{\"theme\":"])
  func noObject(text: String) {
    #expect(Settings.parse(Array(text.utf8)) == nil)
    #expect(Settings.parse([UInt8](repeating: UInt8(ascii: " "), count: Settings.fileLimit) + Array("{}".utf8)) == nil)
  }
}
