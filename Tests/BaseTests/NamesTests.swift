import Base
import Testing

@Suite("Text and names")
struct NamesTests {
  @Test("what a terminal would obey is shown, not sent, and long text is cut")
  func printable() {
    #expect("plain ü 猫".printable == "plain ü 猫")
    #expect("a\u{1B}[2J\u{202E}\n".printable == "a\\u{1B}[2J\\u{202E}\\u{A}")
    #expect(String(fileName: [0x61, 0xE9]).printable == "a\\xE9")
    #expect("abc\u{7}".printable(limit: 3) == "abc...")
    #expect("ab\u{7}".printable(limit: 3) == "ab\\u{7}")
    #expect(["a", "b", "\u{7}"].listed(limit: 2) == "a; b; and 1 more")
  }

  @Test("parts of paths are found by the bytes between slashes")
  func paths() {
    #expect(lastComponent("/a/b.png") == "b.png" && lastComponent("b") == "b" && lastComponent("/") == "/")
    #expect(parentFolder("/a/b") == "/a" && parentFolder("/a") == "/" && parentFolder("a") == ".")
    #expect(fileExtension("/a.b/c.tar.gz") == "gz" && fileStem("/a/c.tar.gz") == "c.tar" && fileExtension(".a") == "")
    // A mark that follows a slash belongs to the name, not to the slash.
    #expect(lastComponent("/a/\u{301}b") == "\u{301}b" && parentFolder("/a/\u{301}b") == "/a")
    #expect(joined("/", "a") == "/a" && joined("/a", "b") == "/a/b" && joined(".", "b") == "b")
  }

  @Test("hashes and checksums are those of the standards")
  func checksums() {
    #expect(CRC32.checksum(Array("123456789".utf8)) == 0xCBF4_3926 && CRC32.checksum([]) == 0)
    #expect(
      SHA256.hex(Array("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(SHA256.digest([]).count == 32 && SHA256.digest([])[0] == 0xE3)
  }
}
