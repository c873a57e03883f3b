// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import HTTPClient
internal import JSON

/// What a running gateway says of its configuration on the admin listener.
struct RunningConfiguration: Sendable {
  let configuration: EffectiveConfiguration
  let salt: FingerprintSalt
  let version: String
  /// Its process id, as text.
  let process: String
  /// RFC 3339: since when it uses this configuration.
  let loaded: String

  /// Why nothing can be said, for a person.
  struct Unanswered: Error {
    let message: String
  }

  private static let timeout = Duration.seconds(5)

  static func ask(_ address: AdminAddress) async throws(Unanswered) -> RunningConfiguration {
    let answer: InboundAnswer
    do {
      let transport = try CurlTransport(
        configuration: .init(unixSocket: address.unixSocket))
      let request = OutboundRequest(
        method: "GET", origin: address.origin, target: "/configuration.json", headers: [:],
        body: nil, timeout: timeout)
      let result: Result<InboundAnswer, TransportFailure>
      do throws(TransportFailure) {
        result = .success(try await transport.send(request))
      } catch {
        result = .failure(error)
      }
      await transport.close()
      answer = try result.get()
    } catch let error as TransportFailure {
      throw Unanswered(message: "no gateway answers at \(address): \(error.detail)")
    } catch {
      throw Unanswered(message: "\(address) cannot be asked: \(error)")
    }
    guard answer.status == 200, let document = try? JSONValue(parsing: answer.body),
      let running = RunningConfiguration(document)
    else {
      throw Unanswered(
        message: "what answers at \(address) is not the admin listener of a gateway")
    }
    return running
  }

  private init?(_ document: JSONValue) {
    guard let configuration = EffectiveConfiguration(document: document),
      let salt = document["fingerprint_salt"]?.stringValue
    else { return nil }
    self.configuration = configuration
    self.salt = FingerprintSalt(text: salt)
    version = document["version"]?.stringValue ?? "unknown"
    process = document["pid"]?.intValue.map(String.init) ?? "unknown"
    loaded = document["loaded"]?.stringValue ?? "unknown"
  }
}

/// Where an admin listener is asked.
struct AdminAddress: Sendable, CustomStringConvertible {
  let description: String
  /// For the request: of a unix socket a name that stands for it.
  let origin: String
  let unixSocket: String?

  init(_ listen: ListenAddress) {
    switch listen {
    case .unix(let path):
      self.init(description: "unix:\(path)", origin: "http://localhost", unixSocket: path)
    case .ipv4([0, 0, 0, 0], let port):
      self.init(origin: "http://127.0.0.1:\(port)")
    case .ipv6([UInt8](repeating: 0, count: 16), let port):
      self.init(origin: "http://[::1]:\(port)")
    case .ipv4, .ipv6:
      self.init(origin: "http://\(listen)")
    }
  }

  /// - Parameter text: `http://HOST:PORT`, `HOST:PORT` or `unix:PATH`; `nil` for anything else.
  init?(_ text: String) {
    if text.hasPrefix("unix:"), let address = try? ListenAddress.parse(text) {
      self.init(address)
    } else if text.hasPrefix("unix:") {
      return nil
    } else {
      let isURL = text.hasPrefix("http://") || text.hasPrefix("https://")
      guard isURL || !text.contains("://") else { return nil }
      let origin = isURL ? text : "http://" + text
      self.init(origin: origin.hasSuffix("/") ? String(origin.dropLast()) : origin)
    }
  }

  private init(description: String, origin: String, unixSocket: String?) {
    self.description = description
    self.origin = origin
    self.unixSocket = unixSocket
  }

  private init(origin: String) {
    self.init(description: origin, origin: origin, unixSocket: nil)
  }
}
