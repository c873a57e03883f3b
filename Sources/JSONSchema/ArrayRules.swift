// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Arrays: applicator vocabulary, 10.3.1, and validation vocabulary, 6.4.
final class ArrayRules: Sendable {
  let prefix: [Int]
  let rest: Int?
  let contained: Int?
  let minimumContained: Int
  let maximumContained: Int
  let minimumCount: Int
  let maximumCount: Int
  let isUnique: Bool

  init(
    prefix: [Int], rest: Int?, contained: Int?, minimumContained: Int, maximumContained: Int,
    minimumCount: Int, maximumCount: Int, isUnique: Bool
  ) {
    self.prefix = prefix
    self.rest = rest
    self.contained = contained
    self.minimumContained = minimumContained
    self.maximumContained = maximumContained
    self.minimumCount = minimumCount
    self.maximumCount = maximumCount
    self.isUnique = isUnique
  }

  func check(
    _ items: [JSONValue], _ run: inout Validation, marking seen: inout Evaluated?
  ) -> Bool {
    var isValid = checkCount(items.count, &run)
    if run.isQuiet && !isValid { return false }
    for index in items.indices {
      guard let schema = index < prefix.count ? prefix[index] : rest else { break }
      if !run.apply(schema, toItem: index, items[index]) {
        isValid = false
        if run.isQuiet || run.isOver { return false }
      }
      seen?.mark(index)
    }
    if isUnique, let (first, second) = Self.equalItems(items) {
      isValid = run.fail(
        "uniqueItems",
        "has the same item at \(first) and \(second), counted from 0; all must be different")
    }
    if contained != nil, !checkContained(items, &run, marking: &seen) { isValid = false }
    return isValid
  }

  private func checkCount(_ count: Int, _ run: inout Validation) -> Bool {
    if count > maximumCount {
      return run.fail(
        "maxItems",
        "has \(Excerpt.counted(count, "item")); at most \(Excerpt.are(maximumCount)) allowed")
    }
    if count < minimumCount {
      return run.fail(
        "minItems",
        "has \(Excerpt.counted(count, "item")); at least \(Excerpt.are(minimumCount)) required")
    }
    return true
  }

  private func checkContained(
    _ items: [JSONValue], _ run: inout Validation, marking seen: inout Evaluated?
  ) -> Bool {
    guard let contained else { return true }
    var count = 0
    for index in items.indices {
      var unmarked: Evaluated?
      guard run.accepts(contained, items[index], marking: &unmarked) else { continue }
      count += 1
      seen?.mark(index)
    }
    if count < minimumContained {
      return run.fail(
        minimumContained == 1 ? "contains" : "minContains",
        "has \(Excerpt.counted(count, "item")) of the required kind; "
          + "at least \(Excerpt.are(minimumContained)) required")
    }
    if count > maximumContained {
      return run.fail(
        "maxContains",
        "has \(Excerpt.counted(count, "item")) of a limited kind; "
          + "at most \(Excerpt.are(maximumContained)) allowed")
    }
    return true
  }

  /// Two places with equal items: by comparing while they are few, else by hash, so that a long
  /// array does not cost the square of its length.
  private static func equalItems(_ items: [JSONValue]) -> (Int, Int)? {
    if items.count <= 12 {
      for second in items.indices {
        for first in 0..<second where items[first] == items[second] { return (first, second) }
      }
      return nil
    }
    var places: [JSONValue: Int] = [:]
    places.reserveCapacity(items.count)
    for (index, item) in items.enumerated() {
      if let first = places.updateValue(index, forKey: item) { return (first, index) }
    }
    return nil
  }
}

extension SchemaCompiler {
  mutating func arrayRules(_ source: SchemaSource) -> ArrayRules? {
    let prefix = schemas("prefixItems", source)
    let rest = schema("items", source)
    let contained = schema("contains", source)
    let minimum = count("minItems", source)
    let maximum = count("maxItems", source)
    let minimumContained = count("minContains", source)
    let maximumContained = count("maxContains", source)
    let isUnique = flag("uniqueItems", source)
    guard
      prefix != nil || rest != nil || contained != nil || minimum != nil || maximum != nil
        || isUnique
    else { return nil }
    return ArrayRules(
      prefix: prefix ?? [], rest: rest, contained: contained,
      minimumContained: minimumContained ?? 1, maximumContained: maximumContained ?? .max,
      minimumCount: minimum ?? 0, maximumCount: maximum ?? .max, isUnique: isUnique)
  }
}
