// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTP
import JSON
import TestSupport
import Testing

@Suite("What the documents tell people to type", .timeLimit(.minutes(2)))
struct DocumentationTests {
  /// The text between the fences of a document's code blocks in one language, in order.
  private static func blocks(_ language: String, in document: String) throws -> [String] {
    let text = try Repository.text(document)
    return text.components(separatedBy: "```\(language)\n").dropFirst().compactMap {
      $0.components(separatedBy: "\n```").first
    }
  }

  /// Runs a command line in bash, with a text as its input.
  private static func shell(_ command: String, input: String = "") async throws -> (
    status: Int32, output: [UInt8]
  ) {
    let folder = try TemporaryFolder()
    let file = try folder.write(input, to: "input")
    return try await ScriptedSocket.offPool {
      let process = Process()
      process.executableURL = URL(filePath: "/bin/bash")
      process.arguments = ["-o", "pipefail", "-c", command]
      process.standardInput = try FileHandle(forReadingFrom: URL(filePath: file))
      let output = Pipe()
      process.standardOutput = output
      process.standardError = FileHandle.nullDevice
      try process.run()
      let bytes = Array(output.fileHandleForReading.readDataToEndOfFile())
      process.waitUntilExit()
      return (process.terminationStatus, bytes)
    }
  }

  @Test(
    "the README's request works as it stands, and its answer has the members that are shown",
    arguments: ["README.md", "README.zh-CN.md"])
  func readme(document: String) async throws {
    let block = try #require(Self.blocks("sh", in: document).first { $0.contains("curl ") })
    let command = block.components(separatedBy: "\n").drop { !$0.hasPrefix("curl") }
      .joined(separator: "\n")
    let shown = try #require(Self.blocks("json", in: document).first)
    let deployment = try await Deployment()
    let result = try await Self.shell(
      command.replacing("127.0.0.1:8080", with: deployment.address)
        .replacing("curl ", with: "curl --silent "))
    #expect(result.status == 0)
    var answer = try JSONValue(parsing: result.output).objectValue
    var expected = try JSONValue(parsing: Array(shown.utf8)).objectValue
    // The one thing that is another one each time.
    #expect(answer?["success_time"] != nil && expected?["success_time"] != nil)
    answer?["success_time"] = "now"
    expected?["success_time"] = "now"
    #expect(answer == expected)
    await deployment.stop()
  }

  @Test("the questions to the log that the operations guide writes down are answered by a real log")
  func log() async throws {
    let deployment = try await Deployment()
    _ = try await deployment.upload(["A1"], number: "n-1")
    _ = try await deployment.upload(["A2"], number: "n-1")
    await deployment.stop()
    let lines = deployment.gateway.lines.joined(separator: "\n") + "\n"
    let guide = try Repository.text("docs/operations.md")
    let commands = guide.matches(of: /`(jq [^`]+)`/).map {
      String($0.output.1).replacing("\\|", with: "|")
    }
    #expect(commands.count >= 3)
    for command in commands {
      let result = try await Self.shell(command, input: lines)
      #expect(result.status == 0, "\(command)")
    }
    let failing = try #require(commands.first { $0.contains("uniq -c") })
    let answer = String(decoding: try await Self.shell(failing, input: lines).output, as: UTF8.self)
    #expect(answer.contains("REQUEST_NUMBER_REUSED"))
  }
}
