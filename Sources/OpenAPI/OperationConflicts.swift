// SPDX-License-Identifier: Apache-2.0

/// Finds operations that answer to the same request or the same name.
struct OperationConflicts {
  let loader: DocumentLoader

  func check(_ found: [(operation: Operation, node: DocumentNode)]) {
    for (index, later) in found.enumerated() {
      for earlier in found[..<index] {
        compare(later, with: earlier)
      }
    }
  }

  private func compare(
    _ later: (operation: Operation, node: DocumentNode),
    with earlier: (operation: Operation, node: DocumentNode)
  ) {
    let (a, b) = (later.operation, earlier.operation)
    let place = name(of: earlier)
    if a.id == b.id {
      loader.report(
        later.node, "has the id \(a.id), which \(place) has too",
        remedy: "Give each operation its own operationId.")
    }
    if a.path.matchesSamePaths(as: b.path) {
      if a.method == b.method {
        loader.report(
          later.node, "matches the same requests as \(place)",
          remedy: "Remove one of the two operations.")
      } else if a.path.parameterNames != b.path.parameterNames {
        loader.report(
          later.node, "has the same path as \(place) with other parameter names",
          remedy: "Use the same names in both paths.")
      }
    } else if a.method == b.method, a.path.isAmbiguous(with: b.path) {
      loader.report(
        later.node,
        "matches some of the requests that \(place) matches, and neither path is the more concrete",
        remedy: "Change one of the paths so that literal segments tell them apart.")
    }
  }

  private func name(of found: (operation: Operation, node: DocumentNode)) -> String {
    let line = found.node.document.line(of: found.node.pointer).map { ":\($0)" } ?? ""
    return
      "\(found.operation.method) \(found.operation.template) (\(found.node.document.path)\(line))"
  }
}
