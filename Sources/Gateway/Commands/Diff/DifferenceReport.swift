// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// What `diff` says, for people and for programs (docs/check.md).
struct DifferenceReport {
  let address: AdminAddress
  let running: RunningConfiguration
  let path: String
  let file: EffectiveConfiguration
  let differences: [ConfigurationDifference]

  init(
    address: AdminAddress, running: RunningConfiguration, path: String,
    file: EffectiveConfiguration
  ) {
    self.address = address
    self.running = running
    self.path = path
    self.file = file
    differences = running.configuration.differences(to: file)
  }

  func printText() {
    print(
      "- \(address), process \(running.process), version \(running.version), "
        + "configuration of \(running.loaded)")
    print("+ \(path)")
    for difference in differences {
      for line in difference.lines { print(line) }
    }
    guard !differences.isEmpty else { return print("no differences") }
    let waiting = differences.count(where: \.needsRestart)
    let how = waiting == 0 ? "a reload (SIGHUP) is enough" : "\(waiting) of them wait for a restart"
    print("\(count(differences.count, "difference")); \(how)")
  }

  var document: JSONValue {
    [
      "same": .bool(differences.isEmpty),
      "running": [
        "address": .string(address.description), "version": .string(running.version),
        "loaded": .string(running.loaded), "sha256": .string(running.configuration.sha256),
      ],
      "file": ["path": .string(path), "sha256": .string(file.sha256)],
      "needs_restart": .bool(differences.contains(where: \.needsRestart)),
      "differences": .array(
        differences.map {
          [
            "kind": .string($0.kind.rawValue), "key": .string($0.key), "running": $0.running,
            "file": $0.file, "needs_restart": .bool($0.needsRestart),
          ]
        }),
    ]
  }
}

extension ConfigurationDifference {
  /// As unified diffs have it: `-` is what runs, `+` what the file has.
  fileprivate var lines: [String] {
    let note = needsRestart ? "   (needs a restart)" : ""
    switch kind {
    case .added: return ["  added   \(key)\(note)"] + shown(file, "+")
    case .removed: return ["  removed \(key)\(note)"] + shown(running, "-")
    case .contentChanged:
      return ["  changed content of \(key)\(note)"] + shown(running, "-") + shown(file, "+")
    case .changed: return ["  changed \(key)\(note)"] + shown(running, "-") + shown(file, "+")
    }
  }

  private func shown(_ value: JSONValue, _ mark: String) -> [String] {
    switch value {
    case .null: []
    case .object(let object):
      object.members.filter { isDifferent($0) }.map { "\(mark)   \($0.name) = \(text($0.value))" }
    default: ["\(mark)   \(text(value))"]
    }
  }

  /// Of content only what differs is worth a line.
  private func isDifferent(_ member: JSONObject.Member) -> Bool {
    kind != .contentChanged || running[member.name] != file[member.name]
  }

  private func text(_ value: JSONValue) -> String {
    String(decoding: value.serialized(), as: UTF8.self)
  }
}
