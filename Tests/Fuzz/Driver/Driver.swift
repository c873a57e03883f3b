// SPDX-License-Identifier: Apache-2.0
internal import FuzzTargets
internal import Glibc

// What libFuzzer calls (https://llvm.org/docs/LibFuzzer.html). The target is named by FUZZ_TARGET; without one, the
// targets are listed with their seeds, a line each: NAME<TAB>FILE,FILE,…

private let target: FuzzTarget = {
  let name = unsafe getenv("FUZZ_TARGET").map { unsafe String(cString: $0) }
  guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
    for target in FuzzTarget.all {
      print(target.name, target.seedFiles.joined(separator: ","), separator: "\t")
    }
    exit(name == nil ? 0 : 2)
  }
  return target
}()

@_cdecl("LLVMFuzzerInitialize")
public func initialize(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutableRawPointer
) -> CInt {
  _ = target
  return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  do {
    try target.run(bytes)
  } catch {
    fatalError("\(target.name): \(error)")
  }
  return 0
}
