// SPDX-License-Identifier: Apache-2.0
internal import CMHD

/// What libmicrohttpd calls. They capture nothing: the I/O thread comes as their context, the
/// connection as what `notified` stored for it.
enum Callbacks {
  /// A connection begins or ends. The connection is retained here and released here.
  static let notified: MHD_NotifyConnectionCallback = { context, pointer, stored, code in
    guard let context = unsafe context, let pointer = unsafe pointer, let stored = unsafe stored
    else {
      return
    }
    if cmhd_is_start(code) {
      let thread = unsafe Unmanaged<IOThread>.fromOpaque(context).takeUnretainedValue()
      let connection = unsafe Connection(pointer, descriptor: cmhd_socket(pointer), thread: thread)
      connection.beginTLS()
      thread.engine.remember(connection)
      unsafe stored.pointee = Unmanaged.passRetained(connection).toOpaque()
    } else if let opaque = unsafe stored.pointee {
      unsafe stored.pointee = nil
      unsafe Unmanaged<Connection>.fromOpaque(opaque).takeRetainedValue().closed()
    }
  }

  /// The first line of a request is in, before the library changes it. Returns the request's
  /// context.
  static let target:
    @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>?, OpaquePointer?) ->
      UnsafeMutableRawPointer? = { _, text, pointer in
        guard let pointer = unsafe pointer, let opaque = unsafe cmhd_socket_context(pointer) else {
          return nil
        }
        if let text = unsafe text {
          unsafe Unmanaged<Connection>.fromOpaque(opaque)._withUnsafeGuaranteedRef {
            unsafe $0.begin(target: text)
          }
        }
        return unsafe opaque
      }

  /// The head, a part of the body, or the end of a request is in.
  static let handler: MHD_AccessHandlerCallback = {
    _, _, _, method, version, upload, size, context in
    guard let opaque = unsafe context?.pointee, let method = unsafe method,
      let version = unsafe version,
      let size = unsafe size
    else { return .NO }
    let connection = unsafe Unmanaged<Connection>.fromOpaque(opaque).takeUnretainedValue()
    let count = unsafe size.pointee
    guard count > 0 else {
      return unsafe connection.advance(method: method, version: version) ? .YES : .NO
    }
    // Zero says that all of it was taken.
    unsafe size.pointee = 0
    return unsafe connection.append(UnsafeRawBufferPointer(start: upload, count: count))
      ? .YES : .NO
  }

  /// A request is over.
  static let completed: MHD_RequestCompletedCallback = { _, _, context, _ in
    guard let opaque = unsafe context?.pointee else { return }
    unsafe context?.pointee = nil
    unsafe Unmanaged<Connection>.fromOpaque(opaque).takeUnretainedValue().completed()
  }

  /// The library has something to say.
  static let line: cmhd_line = { context, text in
    guard let context = unsafe context, let text = unsafe text else { return }
    let line = unsafe String(cString: text)
    unsafe Unmanaged<Engine>.fromOpaque(context).takeUnretainedValue().heard(line)
  }
}
