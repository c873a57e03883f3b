// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import TestSupport

extension FuzzTarget {
  /// The absolute paths of all first inputs, sorted: the target's own and the borrowed ones.
  package var seedFiles: [String] {
    let places = ["Tests/Fuzz/Corpus/\(name)"] + borrowedSeeds
    return places.flatMap { Self.files(at: Repository.path($0)) }.sorted()
  }

  private static func files(at path: String) -> [String] {
    if isFile(path) { return [path] }
    let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
    return names.map { "\(path)/\($0)" }.filter(isFile)
  }

  private static func isFile(_ path: String) -> Bool {
    let type = (try? FileManager.default.attributesOfItem(atPath: path))?[.type]
    return type as? FileAttributeType == .typeRegular
  }
}
