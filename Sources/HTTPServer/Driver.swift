// SPDX-License-Identifier: Apache-2.0
internal import CMHD
internal import EventLoop
internal import Glibc

/// The daemon in its place in the event loop.
final class Driver: Sendable {
  let engine: Engine
  private let daemon: Daemon
  private let station: Station

  init(_ engine: Engine) throws(ListenError) {
    guard let daemon = Daemon(engine) else {
      throw ListenError(code: .library, message: "the HTTP library could not start")
    }
    do throws(SystemCallError) {
      station = try engine.loop.attach(daemon)
    } catch {
      daemon.stop()
      throw ListenError(code: .library, message: "the HTTP library could not start: \(error)")
    }
    self.engine = engine
    self.daemon = daemon
    engine.drive(from: station)
  }

  /// Hands over an accepted socket, which is closed in any case; waits for a turn to end.
  func add(_ socket: Int32, address: UnsafePointer<sockaddr>, length: socklen_t) -> Bool {
    defer { station.signal() }
    return station.exclusively { unsafe daemon.add(socket, address: address, length: length) }
  }

  /// Closes every connection; requests still inside get no answer. Once, and not within a turn.
  func stop() {
    station.detach()
    engine.beginStopping()
    // It gives connections to the daemon.
    engine.watch.end()
    daemon.stop()
  }
}
