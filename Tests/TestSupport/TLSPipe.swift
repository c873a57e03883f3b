// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// One TLS connection whose decrypted bytes a script reads and writes: `openssl s_server` between
/// two pipes. It sends no close_notify when its input ends.
package final class TLSPipe: Sendable {
  private let command: SpawnedCommand
  package let port: UInt16

  package var origin: String { "https://127.0.0.1:\(port)" }

  /// What the script holds. `read` gives every byte the server prints, from the line that names the
  /// port on.
  package struct Ends: Sendable {
    fileprivate let input: FileHandle
    fileprivate let output: FileHandle

    /// Writes all of it.
    package func write(_ bytes: [UInt8]) { try? input.write(contentsOf: Data(bytes)) }

    /// Reads until `isEnough` holds for all that came since the start; `nil` when the server is
    /// gone before.
    package func read(until isEnough: ([UInt8]) -> Bool) -> [UInt8]? {
      var bytes: [UInt8] = []
      while !isEnough(bytes) {
        let more = output.availableData
        guard !more.isEmpty else { return nil }
        bytes += more
      }
      return bytes
    }

    /// Ends the connection without close_notify, once everything written is sent.
    package func close() { try? input.close() }
  }

  /// - Parameter protocolName: offered with ALPN, such as `h2`.
  package init(
    certificates: CertificateFolder, protocolName: String? = nil,
    script: @escaping @Sendable (Ends) -> Void
  ) throws {
    let (input, output) = try (ClosingPipe(), ClosingPipe())
    command = try SpawnedCommand(
      [
        "openssl", "s_server", "-accept", "127.0.0.1:0", "-naccept", "1", "-cert",
        certificates.certificate, "-key", certificates.key,
      ] + (protocolName.map { ["-alpn", $0] } ?? []),
      input: input.reader.fileDescriptor,
      output: output.writer.fileDescriptor)
    try input.reader.close()
    try output.writer.close()
    let ends = Ends(input: input.writer, output: output.reader)
    let greeting = Array("ACCEPT 127.0.0.1:".utf8)
    guard let line = ends.read(until: { $0.firstRange(of: greeting) != nil && $0.last == 0x0A }),
      let start = line.firstRange(of: greeting)?.upperBound,
      let port = UInt16(String(decoding: line[start...].prefix { $0 != 0x0A }, as: UTF8.self))
    else { throw CommandFailure(command: "openssl s_server", output: "no port") }
    self.port = port
    Thread.detachNewThread { script(ends) }
  }

  deinit { command.end() }
}

/// A pipe that no process but the one it is given to inherits, so that closing one end is seen at
/// the other.
private struct ClosingPipe {
  let reader: FileHandle
  let writer: FileHandle

  init() throws {
    var ends: [Int32] = [-1, -1]
    // A pair of sockets, because Swift's Glibc has no pipe2(2) to make this safe beside another
    // thread's spawn.
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
      throw SocketError(call: "socketpair", number: errno)
    }
    reader = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
    writer = FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
  }
}

/// The server's side of HTTP/2 (RFC 9113), as far as a test needs it.
package enum HTTP2Frames {
  package static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
  package static let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]
  package static let settingsAcknowledged: [UInt8] = [0, 0, 0, 4, 1, 0, 0, 0, 0]

  /// RST_STREAM (section 6.4).
  package static func reset(stream: UInt8, code: UInt8) -> [UInt8] {
    [0, 0, 4, 3, 0, 0, 0, 0, stream, 0, 0, 0, code]
  }

  /// GOAWAY without an error (section 6.8): streams after `lastStream` were not and will not be
  /// processed.
  package static func goAway(lastStream: UInt8) -> [UInt8] {
    [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, lastStream, 0, 0, 0, 0]
  }

  /// HEADERS of an answer `200` without a body (section 6.2; RFC 7541, appendix A: index 8).
  package static func emptyAnswer(stream: UInt8) -> [UInt8] {
    [0, 0, 1, 1, 5, 0, 0, 0, stream, 0x88]
  }

  /// Whether these bytes hold the client's preface and, after it, HEADERS for `stream`.
  package static func hasRequest(_ bytes: [UInt8], stream: UInt8) -> Bool {
    guard var offset = bytes.firstRange(of: preface)?.upperBound else { return false }
    while bytes.count >= offset + 9 {
      if bytes[offset + 3] == 1, bytes[offset + 8] == stream { return true }
      offset += 9 + Int(bytes[offset]) << 16 + Int(bytes[offset + 1]) << 8 + Int(bytes[offset + 2])
    }
    return false
  }
}
