// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Settings

/// The service manager that started the gateway, systemd as a rule: what it is told, and when it
/// wants to hear that the gateway is alive. Where there is none, telling does nothing.
struct Supervisor: Sendable {
  private let socket: NotifySocket?
  /// Half of the time after which silence counts as death, as sd_watchdog_enabled(3) recommends.
  let aliveInterval: Duration?

  /// Reads `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID`.
  init(environment: Environment = .process) {
    socket = environment["NOTIFY_SOCKET"].flatMap { NotifySocket(name: $0) }
    let isMeant = environment["WATCHDOG_PID"].map { $0 == "\(getpid())" } ?? true
    let microseconds = environment["WATCHDOG_USEC"].flatMap(Int64.init)
    aliveInterval =
      isMeant ? microseconds.flatMap { $0 > 1 ? .microseconds($0 / 2) : nil } : nil
  }

  var isListening: Bool { socket != nil }

  /// What can be said; the assignments are those of sd_notify(3).
  enum Message: Sendable {
    /// The start, or a reload, has ended.
    case ready(status: String)
    case reloading
    /// The end may take this long.
    case stopping(within: Duration)
    /// A line for people, shown by `systemctl status`.
    case status(String)
    case alive
  }

  func tell(_ message: Message) async {
    guard let socket else { return }
    switch message {
    case .ready(let status):
      await socket.send(["READY=1", "STATUS=\(Self.oneLine(status))"])
    case .reloading:
      await socket.send([
        "RELOADING=1", "MONOTONIC_USEC=\(Self.monotonicMicroseconds())",
        "STATUS=Reading the configuration anew",
      ])
    case .stopping(let limit):
      await socket.send([
        "STOPPING=1", "EXTEND_TIMEOUT_USEC=\(limit.components.seconds * 1_000_000)",
        "STATUS=Draining: no new connections, the requests inside are answered",
      ])
    case .status(let text): await socket.send(["STATUS=\(Self.oneLine(text))"])
    case .alive: await socket.send(["WATCHDOG=1"])
    }
  }

  /// Says that the gateway is alive, again and again, until the task is cancelled. It runs on
  /// Swift's pool as every request does: a pool that is stuck falls silent, and is restarted.
  func keepTellingAlive() async {
    guard let aliveInterval else { return }
    while !Task.isCancelled {
      await tell(.alive)
      try? await Task.sleep(for: aliveInterval)
    }
  }

  private static func oneLine(_ text: String) -> String {
    String(text.map { $0.isNewline ? " " : $0 })
  }

  /// CLOCK_MONOTONIC, by which systemd tells this reload from an earlier one.
  private static func monotonicMicroseconds() -> Int64 {
    var time = timespec()
    // clock_gettime(2) fails for a clock that does not exist only.
    let done = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    precondition(done == 0, "no monotonic clock")
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
  }
}
