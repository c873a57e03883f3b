// SPDX-License-Identifier: Apache-2.0
internal import Foundation
package import HTTP

extension ScriptedConnection {
  /// Passes a request on to another server and its answer back, byte for byte but for `Connection`.
  ///
  /// - Returns: `false` when the other server or the client is gone.
  package func relay(_ request: ScriptedServer.Received, to server: ListenAddress) -> Bool {
    do {
      let socket = try ScriptedSocket(connectingTo: server, within: .seconds(60))
      let head = request.head.joined(separator: "\r\n") + "\r\n\r\n"
      try socket.send(Array(head.utf8) + request.body)
      let answer = try socket.response()
      var text = "HTTP/1.1 \(answer.status) X\r\n"
      for field in answer.headers.fields where field.name.lowercased() != "connection" {
        text += "\(field.name): \(field.value)\r\n"
      }
      return write(Array((text + "\r\n").utf8) + answer.body)
    } catch {
      return false
    }
  }
}
