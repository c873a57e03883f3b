// SPDX-License-Identifier: Apache-2.0

/// The one of `names` that someone who wrote `word` most probably meant.
///
/// - Returns: the name with the smallest edit distance (insert, delete, replace, swap of
///   neighbours; `-` counts as `_` and case does not count), when at most about a third of the word
///   differs; the first of equals.
package func nearestName(to word: String, among names: [String]) -> String? {
  // Distances cost the product of the lengths; nobody misspells a name into something this long.
  guard word.utf8.count <= 64 else { return nil }
  let wanted = comparable(word)
  var best: (name: String, distance: Int)?
  for name in names {
    let distance = editDistance(wanted, comparable(name))
    if distance < best?.distance ?? .max { best = (name, distance) }
  }
  guard let best, best.distance <= max(1, max(word.count, best.name.count) / 3) else { return nil }
  return best.name
}

private func comparable(_ name: String) -> [Character] {
  Array(name.lowercased().map { $0 == "-" ? "_" : $0 })
}

/// The optimal string alignment distance: Levenshtein's, with a swap of two neighbours as one step.
private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
  var rowBeforeLast = [Int](repeating: 0, count: b.count + 1)
  var last = Array(0...b.count)
  for i in a.indices {
    var row = [i + 1]
    for j in b.indices {
      var distance = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
        distance = min(distance, rowBeforeLast[j - 1] + 1)
      }
      row.append(distance)
    }
    rowBeforeLast = last
    last = row
  }
  return last[b.count]
}
