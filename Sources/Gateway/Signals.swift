// SPDX-License-Identifier: Apache-2.0
internal import Dispatch
internal import Glibc

/// Signals as they arrive; their default action no longer happens.
enum Signals {
  /// Meant to be asked for once, and to last as long as the process.
  static func stream(_ numbers: [Int32]) -> AsyncStream<Int32> {
    AsyncStream { continuation in
      for number in numbers {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        // The handler keeps its source alive.
        source.setEventHandler {
          _ = source
          continuation.yield(number)
        }
        source.resume()
      }
    }
  }
}
