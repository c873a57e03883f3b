// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import HTTP
internal import TestSupport
internal import Testing

@testable internal import Simulator

@Suite struct ExampleTests {
  @Test("the example configuration is read as it stands, beside the credentials of the script")
  func example() throws {
    // A copy of the tree as far as the example looks around in it.
    let folder = try TemporaryFolder()
    let examples = folder.file("Examples/simulator")
    try FileManager.default.createDirectory(atPath: examples, withIntermediateDirectories: true)
    let source = "\(Repository.folder)/Examples/simulator/simulator.json"
    try FileManager.default.copyItem(atPath: source, toPath: "\(examples)/simulator.json")
    try WireTests.run("\(Repository.folder)/scripts/make-test-credentials", [folder.file("certs")])
    let settings = try SimulatorConfiguration.load(
      path: "\(examples)/simulator.json", environment: [:])
    #expect(settings.merchants.map(\.id) == ["1900000001"])
    #expect(settings.listen.description == "127.0.0.1:9999")
    #expect(settings.batches.map(\.id) == ["98065001", "98065002", "98065003"])
    #expect(settings.platform.mode == .requested)
  }
}
