// SPDX-License-Identifier: Apache-2.0

/// One place where bytes from outside come in, with the laws that hold whatever they are.
package struct FuzzTarget: Sendable {
  /// As `make fuzz TARGET=NAME` takes it; also the name of its folder in `Tests/Fuzz/Corpus`.
  package let name: String
  /// First inputs that are in the repository anyway: files, and folders whose files are meant.
  package let borrowedSeeds: [String]
  /// Reads the bytes. Must return for every input, and throws `BrokenLaw`.
  package let run: @Sendable ([UInt8]) throws -> Void

  init(
    _ name: String, seeds: [String] = [], run: @escaping @Sendable ([UInt8]) throws -> Void
  ) {
    self.name = name
    borrowedSeeds = seeds
    self.run = run
  }

  /// Every target, the ones that callers and WeChat Pay reach first.
  package static let all: [FuzzTarget] = [
    server, requestHead, route, json, upload, answer, certificateList, normalize, certificate,
    openAPI, schema, configuration, dateTime, acceptLanguage, textForms,
  ]
}

/// A law that an input breaks.
package struct BrokenLaw: Error, CustomStringConvertible {
  package let description: String
}

func law(_ holds: Bool, _ sentence: String) throws(BrokenLaw) {
  guard holds else { throw BrokenLaw(description: sentence) }
}
