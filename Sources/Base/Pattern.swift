import Glibc

/// Whether a name is what a shell's pattern (`*`, `?`, `[a-z]`) stands for.
package func matches(_ name: String, pattern: String) -> Bool { fnmatch(pattern, name, 0) == 0 }
