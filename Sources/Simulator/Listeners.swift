// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import HTTPServer
internal import JSON

/// The two servers of the stand-in: WeChat Pay's, and the control address.
final class Listeners: Sendable {
  private let service: HTTPServer
  private let control: HTTPServer
  let standIn: StandIn
  private let settings: SimulatorConfiguration

  init(_ settings: SimulatorConfiguration) throws {
    self.settings = settings
    let now = Moment.now()
    let platform = try Platform(settings.platform, now: now)
    let standIn = StandIn(
      merchants: settings.merchants, platform: platform, books: settings.makeBooks(now: now),
      requestsPerSecond: settings.limits.requestsPerSecond,
      codesPerSecond: settings.limits.codesPerSecond,
      journalLimit: settings.limits.journal)
    self.standIn = standIn
    let panel = ControlPanel(
      standIn, folder: settings.platform.folder.map { PlatformFolder(path: $0) })
    service = try HTTPServer(
      HTTPServer.Configuration(
        listen: settings.listen, maximumBodyBytes: settings.limits.maxBodyBytes,
        // A body that drips takes its time.
        writeTimeout: .seconds(600), idleTimeout: .seconds(60)),
      reject: { rejection, _ in standIn.reject(Refusal(rejection)) },
      handle: { request in await standIn.answer(request) })
    control = try HTTPServer(
      HTTPServer.Configuration(listen: settings.control, threads: 1, maximumBodyBytes: 16_777_216),
      reject: { rejection, _ in
        let refusal = Refusal(rejection)
        return ControlPanel.json(refusal.status, ["error": .string(refusal.message)])
      },
      handle: { request in panel.answer(request) })
  }

  /// Where WeChat Pay's own paths are served.
  var serviceAddress: ListenAddress { service.boundAddress }

  var controlAddress: ListenAddress { control.boundAddress }

  /// One line of JSON: where it listens, and the names of WeChat Pay's keys.
  var readyLine: String {
    var object = JSONObject()
    object["listening"] = .string(service.boundAddress.description)
    object["control"] = .string(control.boundAddress.description)
    object["certificate_serial_no"] = standIn.platform.signingSerial.map { .string($0) }
    object["public_key_id"] = standIn.platform.publicKeySigner.map { .string($0.serial) }
    object["platform_folder"] = settings.platform.folder.map { .string($0) }
    return String(decoding: JSONValue.object(object).serialized(), as: UTF8.self)
  }

  func stop() {
    service.stop()
    control.stop()
  }
}

extension Refusal {
  /// What the HTTP layer could not read, in WeChat Pay's words.
  init(_ rejection: Rejection) {
    switch rejection {
    case .bodyTooLarge(let limit):
      self.init(status: 413, code: "INVALID_REQUEST", message: "请求体超过\(limit)字节")
    case .tooSlow:
      self.init(status: 408, code: "INVALID_REQUEST", message: "请求超时")
    case .malformed(let rule):
      self.init(status: 400, code: "INVALID_REQUEST", message: "HTTP请求有误：\(rule)")
    case .overloaded:
      self.init(status: 503, code: "SYSTEM_ERROR", message: "系统繁忙")
    }
  }
}
