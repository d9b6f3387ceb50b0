import FuzzTargets
import Glibc

// `fuzz TARGET [options and files of libFuzzer]`, in the package's root: tries inputs for one target until it is told to stop or
// finds something. With a file in place of the corpus it reads that file only. `make fuzz` runs it.

guard let target = Fuzzer.target else {
  let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
  Fuzzer.say("usage: fuzz TARGET [options and files of libFuzzer], where TARGET is one of \(names)")
  exit(2)
}
exit(Fuzzer.run(Fuzzer.options(target)))
