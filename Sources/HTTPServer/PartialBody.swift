// SPDX-License-Identifier: Apache-2.0
internal import CMHD
internal import HTTP

/// A response body that the client does not get at once, or not all of: for stand-ins that
/// misbehave.
final class PartialBody {
  private let bytes: [UInt8]
  private let delivery: HTTPResponse.Delivery
  private let connection: Connection
  private var isPauseDue = false

  private init(_ response: HTTPResponse, on connection: Connection) {
    bytes = response.body
    delivery = response.delivery
    self.connection = connection
  }

  /// - Returns: a response of the library that reads its body from here; `nil` when nothing is to
  ///   be sent.
  static func response(_ response: HTTPResponse, on connection: Connection) -> OpaquePointer? {
    if response.delivery == .nothing { return nil }
    let opaque = unsafe Unmanaged.passRetained(PartialBody(response, on: connection)).toOpaque()
    // The library calls `free` once, when it destroys the response, also when it never read from
    // it.
    let created = unsafe MHD_create_response_from_callback(
      UInt64(response.body.count), blockSize, reader, opaque, free)
    if unsafe created == nil { unsafe Unmanaged<PartialBody>.fromOpaque(opaque).release() }
    return unsafe created
  }

  private static let blockSize = 16_384

  /// Called within turns of the daemon, one call after the other.
  private static let reader: MHD_ContentReaderCallback = { context, position, buffer, size in
    guard let context = unsafe context, let buffer = unsafe buffer else { return endWithError }
    return unsafe Unmanaged<PartialBody>.fromOpaque(context)._withUnsafeGuaranteedRef { body in
      unsafe body.read(
        from: Int(position), into: UnsafeMutableRawBufferPointer(start: buffer, count: size))
    }
  }

  private static let free: MHD_ContentReaderFreeCallback = { context in
    guard let context = unsafe context else { return }
    unsafe Unmanaged<PartialBody>.fromOpaque(context).release()
  }

  /// `MHD_CONTENT_READER_END_WITH_ERROR`, a macro that Swift cannot see: the library closes the
  /// connection.
  private static let endWithError = -2

  private func read(from position: Int, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    var limit = min(buffer.count, bytes.count - position)
    switch delivery {
    case .whole: break
    case .nothing: return Self.endWithError
    case .cut(let count):
      limit = min(limit, count - position)
      if limit <= 0 { return Self.endWithError }
    case .drip(let count, let interval):
      if isPauseDue {
        isPauseDue = false
        // A reader may suspend the connection and return 0 (microhttpd.h, MHD_suspend_connection).
        return connection.pauseSending(for: interval) ? 0 : Self.endWithError
      }
      isPauseDue = true
      limit = min(limit, max(1, count))
    }
    unsafe buffer.copyBytes(from: bytes[position..<position + limit])
    return limit
  }
}
