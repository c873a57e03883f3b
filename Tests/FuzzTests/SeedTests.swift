// SPDX-License-Identifier: Apache-2.0
import FuzzTargets
import TestSupport
import Testing

extension FuzzTarget: CustomTestStringConvertible {
  public var testDescription: String { name }
}

/// The fuzz targets as tests: every seed, which includes every input that was once found to break something.
@Suite("Fuzz targets")
struct SeedTests {
  @Test("every seed keeps the laws", arguments: FuzzTarget.all)
  func seeds(target: FuzzTarget) throws {
    try #require(!target.seedFiles.isEmpty)
    for file in target.seedFiles {
      #expect(throws: Never.self, "\(file)") { try target.run(Repository.bytes(at: file)) }
    }
  }

  @Test("damaged seeds keep the laws", arguments: FuzzTarget.all)
  func damaged(target: FuzzTarget) throws {
    let seed = UInt64.random(in: .min ... .max)
    var generator = SplitMix(seed: seed)
    for round in 0..<100 {
      let file = try #require(target.seedFiles.randomElement(using: &generator))
      var bytes = try Repository.bytes(at: file)
      for _ in 0..<Int.random(in: 1...3, using: &generator) { damage(&bytes, using: &generator) }
      #expect(throws: Never.self, "seed \(seed), round \(round), \(file)") {
        try target.run(bytes)
      }
    }
  }

  private func damage(_ bytes: inout [UInt8], using generator: inout SplitMix) {
    guard let place = bytes.indices.randomElement(using: &generator) else { return }
    let end = min(bytes.count, place + Int.random(in: 1...40, using: &generator))
    switch Int.random(in: 0..<4, using: &generator) {
    case 0: bytes.removeSubrange(place..<end)
    case 1: bytes[place] = UInt8.random(in: .min ... .max, using: &generator)
    case 2: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
    default: bytes.insert(contentsOf: bytes[place..<end], at: place)
    }
  }
}
