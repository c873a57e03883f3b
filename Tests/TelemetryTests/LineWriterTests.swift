// SPDX-License-Identifier: Apache-2.0
import Foundation
import Telemetry
import TestSupport
import Testing

@Suite("Line writer")
struct LineWriterTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  func writer(_ name: String = "log", limitBytes: Int = 8 << 20) throws -> LineWriter {
    LineWriter(try LogFile(path: folder.file(name)), limitBytes: limitBytes)
  }

  func lines(_ name: String = "log") throws -> [Substring] {
    try String(decoding: folder.read(name), as: UTF8.self).split(separator: "\n")
  }

  @Test("lines reach the file whole and in order, from many tasks at once")
  func order() async throws {
    let writer = try writer()
    await withTaskGroup(of: Void.self) { group in
      for task in 0..<8 {
        group.addTask {
          for number in 0..<500 {
            writer.write(Array("\(task) \(number) \(String(repeating: "x", count: 200))\n".utf8))
          }
        }
      }
    }
    await writer.flush()
    let lines = try lines()
    #expect(lines.count == 4000)
    var next = [Int](repeating: 0, count: 8)
    for line in lines {
      let fields = line.split(separator: " ")
      try #require(fields.count == 3 && fields[2].count == 200)
      let task = try #require(Int(fields[0]))
      #expect(Int(fields[1]) == next[task])
      next[task] += 1
    }
  }

  @Test("a file that is moved away and opened anew under load loses no line")
  func rotation() async throws {
    let writer = try writer()
    async let writing: Void = withTaskGroup(of: Void.self) { group in
      for task in 0..<4 {
        group.addTask {
          for number in 0..<5000 {
            writer.write(Array("\(task) \(number)\n".utf8))
            if number % 100 == 0 { await Task.yield() }
          }
        }
      }
    }
    for rotation in 0..<10 {
      await writer.flush()
      try FileManager.default.moveItem(
        atPath: folder.file("log"), toPath: folder.file("log.\(rotation)"))
      #expect(await writer.reopen() == nil)
    }
    await writing
    await writer.flush()
    let all = try (0..<10).flatMap { try lines("log.\($0)") } + lines()
    #expect(all.count == 20_000 && Set(all).count == 20_000)
    #expect(writer.statistics.linesDropped == 0 && writer.statistics.errors == 0)
  }

  @Test("what does not fit is dropped and counted, and the log says how many lines are missing")
  func dropped() async throws {
    let writer = try writer(limitBytes: 100)
    for _ in 0..<10 { writer.write([UInt8](repeating: 0x78, count: 29) + [0x0A]) }
    await writer.flush()
    writer.write(Array("after\n".utf8))
    await writer.flush()
    let lines = try lines()
    #expect(lines.count == 5, "\(lines)")
    #expect(lines[3].contains(#""message":"log lines dropped","lines":7"#))
    #expect(lines.last == "after")
    #expect(writer.statistics.linesDropped == 7 && writer.statistics.errors == 0)
  }

  @Test("a full disk fails nobody: lines wait, failures are counted, room is used again")
  func full() async throws {
    // Every write to it fails as on a full disk.
    let writer = LineWriter(try LogFile(path: "/dev/full"), limitBytes: 60)
    writer.write(Array("first\n".utf8))
    await writer.flush()
    #expect(writer.statistics.failure == "No space left on device")
    #expect(writer.statistics.errors == 1 && writer.statistics.bytesWaiting == 6)
    for _ in 0..<10 { writer.write([UInt8](repeating: 0x78, count: 19) + [0x0A]) }
    #expect(writer.statistics.linesDropped == 8 && writer.statistics.bytesWaiting == 46)
  }

  @Test("a file that cannot be opened anew is written on where it is")
  func reopenFails() async throws {
    let path = folder.file("logs")
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let writer = try writer("logs/log")
    writer.write(Array("one\n".utf8))
    try FileManager.default.moveItem(atPath: path, toPath: folder.file("moved"))
    #expect(await writer.reopen() == "No such file or directory")
    #expect(writer.statistics.errors == 1)
    writer.write(Array("two\n".utf8))
    await writer.flush()
    #expect(try lines("moved/log") == ["one", "two"])
  }

  @Test("a new file is for its owner and its group, and an old one is written on")
  func permissions() async throws {
    let writer = try writer()
    writer.write(Array("one\n".utf8))
    await writer.flush()
    let again = try self.writer()
    again.write(Array("two\n".utf8))
    await again.flush()
    #expect(try lines() == ["one", "two"])
    let attributes = try FileManager.default.attributesOfItem(atPath: folder.file("log"))
    let mode = try #require((attributes[.posixPermissions] as? NSNumber)?.intValue)
    #expect(mode & 0o137 == 0, "\(String(mode, radix: 8))")
  }

  @Test("a file that cannot be opened says why")
  func unopenable() {
    #expect(throws: LogFileError.self) { try LogFile(path: folder.file("nowhere/log")) }
  }
}
