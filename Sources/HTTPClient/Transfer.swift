// SPDX-License-Identifier: Apache-2.0
internal import CCurl
internal import HTTP

/// One libcurl easy handle, used for one request after the other. Belongs to one multi handle.
@safe final class Transfer {
  // Audited: `easy` and `errorText` are freed once, in `deinit`, and the handle is out of its multi
  // handle by then.
  let easy: UnsafeMutableRawPointer
  private let errorText: UnsafeMutablePointer<CChar>
  private var lines = HeaderLines()
  private let limits: AnswerCollector.Limits
  // Not owned: the multi handle outlives its transfers.
  let multi: UnsafeMutableRawPointer
  private var origin = ""

  /// What is being sent; `nil` while the handle lies in the pool.
  private(set) var job: Job?
  /// Where this transfer stands in the multi handle's list of running ones.
  var slot = 0

  // Written by the callbacks.
  var collector: AnswerCollector
  var refusal: AnswerCollector.Refusal?
  /// TCP stands on a connection made for this request. libcurl's own clocks tell only once TLS
  /// stands too.
  var isConnected = false
  /// libcurl was about to write the request.
  private(set) var hasStarted = false
  private var startedOnNewConnection = false
  private var connectionsAtStart = 0
  private var wasRefusedUnprocessed = false

  init(
    configuration: CurlTransport.Configuration, limits: AnswerCollector.Limits,
    multi: UnsafeMutableRawPointer
  ) throws(CurlError) {
    guard let handle = unsafe curl_easy_init() else {
      throw CurlError("curl_easy_init gave no handle")
    }
    unsafe easy = handle
    unsafe errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    self.limits = limits
    unsafe self.multi = multi
    collector = AnswerCollector(limits: limits)
    try unsafe configure(configuration, errorText: errorText)
  }

  deinit {
    unsafe curl_easy_cleanup(easy)
    unsafe errorText.deallocate()
  }

  /// Sets everything that differs from request to request.
  ///
  /// - Throws: a failure that was not sent.
  func prepare(_ job: Job) throws(TransportFailure) {
    let request = job.request
    guard isTargetSafe(request.target), isMethodSafe(request.method) else {
      throw TransportFailure(
        .malformed, mayHaveBeenSent: false, detail: "the method or the target is not one of HTTP")
    }
    self.job = job
    collector = AnswerCollector(limits: limits)
    refusal = nil
    hasStarted = false
    startedOnNewConnection = false
    connectionsAtStart = 0
    isConnected = false
    wasRefusedUnprocessed = false
    unsafe errorText[0] = 0
    let headers = try unsafe lines.fill(request.headers)
    do {
      try setTarget(request)
      try setMethod(request)
      try unsafe check(ccurl_easy_set_headers(easy, headers))
      try set(CURLOPT_TIMEOUT_MS, request.timeout.wholeMilliseconds)
    } catch {
      throw TransportFailure(.connect, mayHaveBeenSent: false, detail: error.description)
    }
  }

  /// Takes the job out; the handle keeps nothing of the request.
  func release() -> Job? {
    defer { job = nil }
    collector = AnswerCollector(limits: limits)
    // Cannot fail: putting an option back to unset allocates nothing.
    _ = unsafe ccurl_easy_set_text(easy, CURLOPT_COPYPOSTFIELDS, nil)
    return job
  }

  /// What the caller gets, once libcurl has said how the transfer ended.
  func outcome(_ code: CURLcode) -> Result<InboundAnswer, TransportFailure> {
    guard code == CURLE_OK, let answer = collector.answer else {
      return .failure(end(code).failure)
    }
    // Without a length, only the TLS session's proper end tells a whole body from a cut one (RFC
    // 9112, 9.8), and libcurl takes any end for proper.
    if !collector.isEndCertain, job?.request.method != "HEAD",
      origin.utf8.starts(with: "https".utf8)
    {
      return .failure(
        TransportFailure(
          .connectionLost, mayHaveBeenSent: true,
          detail: "the answer has no length, so its end may be a cut"))
    }
    return .success(answer)
  }

  /// How far the transfer came, for one that ended or is given up.
  func end(_ code: CURLcode) -> TransferEnd {
    let words = errorWords ?? words(code)
    return TransferEnd(
      code: code, progress: progress, bytesWritten: bytesWritten,
      wasRefusedUnprocessed: wasRefusedUnprocessed, refusal: refusal,
      detail: refusal?.rawValue ?? words)
  }

  /// Whether libcurl may open a connection, or write the request on the one it has.
  ///
  /// libcurl sends a request again on its own when a reused connection broke before an answer, and
  /// when an HTTP/2 server refused the stream (`Curl_retry_request` in its lib/transfer.c). An
  /// attempt must be signed afresh, so nothing more goes out once anything was written.
  func mayGoOn() -> Bool {
    if bytesWritten == 0 { return true }
    // libcurl leaves a stream on a new connection for two reasons only: it was refused unprocessed,
    // or HTTP/1.1 is demanded, which alone leaves an error text.
    wasRefusedUnprocessed = startedOnNewConnection && errorWords == nil
    return false
  }

  /// The connection stands and the request is about to be written.
  func mayStart() -> Bool {
    guard mayGoOn() else { return false }
    startedOnNewConnection = connectionsMade > connectionsAtStart
    connectionsAtStart = connectionsMade
    hasStarted = true
    return true
  }

  /// Connections made for this request; 0: it runs on a kept one.
  var connectionsMade: Int { fact(CURLINFO_NUM_CONNECTS) }

  /// What libcurl has written about a failure of this transfer, if anything.
  private var errorWords: String? {
    unsafe errorText[0] == 0 ? nil : String(cString: errorText)
  }

  /// Of this request so far. libcurl's count is the last request's until it has begun with this
  /// one.
  private var bytesWritten: Int { hasStarted ? fact(CURLINFO_REQUEST_SIZE) : 0 }

  private var progress: TransferEnd.Progress {
    if hasStarted { return .ready }
    if isConnected { return .connected }
    return namelookupMicroseconds > 0 ? .resolved : .nothing
  }

  private func fact(_ fact: CURLINFO) -> Int {
    var value = 0
    let code = unsafe ccurl_easy_get_long(easy, fact, &value)
    precondition(code == CURLE_OK, "libcurl does not know fact \(fact.rawValue)")
    return value
  }

  private var namelookupMicroseconds: Int {
    var microseconds: curl_off_t = 0
    let code = unsafe ccurl_easy_get_offset(easy, CURLINFO_NAMELOOKUP_TIME_T, &microseconds)
    precondition(code == CURLE_OK, "libcurl does not know CURLINFO_NAMELOOKUP_TIME_T")
    return Int(microseconds)
  }

  /// The target goes out as it was signed: libcurl neither parses nor normalizes
  /// `CURLOPT_REQUEST_TARGET`.
  private func setTarget(_ request: OutboundRequest) throws(CurlError) {
    if request.origin.utf8.elementsEqual(origin.utf8) == false {
      try set(CURLOPT_URL, request.origin + "/")
      origin = request.origin
    }
    try set(CURLOPT_REQUEST_TARGET, request.target)
  }

  private func setMethod(_ request: OutboundRequest) throws(CurlError) {
    guard let body = request.body else {
      try set(CURLOPT_HTTPGET, 1)
      if request.method == "HEAD" { try set(CURLOPT_NOBODY, 1) }
      try set(
        CURLOPT_CUSTOMREQUEST,
        request.method == "GET" || request.method == "HEAD" ? nil : request.method)
      return
    }
    try set(CURLOPT_POST, 1)
    try unsafe check(
      ccurl_easy_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)))
    // An empty body has no address; libcurl would take a null pointer for "no body given".
    let code =
      unsafe body.isEmpty
      ? ccurl_easy_set_text(easy, CURLOPT_COPYPOSTFIELDS, "")
      : body.withUnsafeBytes { unsafe ccurl_easy_set_body(easy, $0.baseAddress) }
    try check(code)
    try set(CURLOPT_CUSTOMREQUEST, request.method == "POST" ? nil : request.method)
  }
}

/// An option or a handle that libcurl would not give.
package struct CurlError: Error, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}

extension Transfer {
  func set(_ option: CURLoption, _ value: Int) throws(CurlError) {
    try unsafe check(ccurl_easy_set_long(easy, option, value))
  }

  func set(_ option: CURLoption, _ value: String?) throws(CurlError) {
    let code =
      if let value {
        unsafe ccurl_easy_set_text(easy, option, value)
      } else {
        unsafe ccurl_easy_set_text(easy, option, nil)
      }
    try check(code)
  }

  private func words(_ code: CURLcode) -> String {
    unsafe String(cString: curl_easy_strerror(code))
  }

  func check(_ code: CURLcode) throws(CurlError) {
    guard code == CURLE_OK else { throw CurlError(words(code)) }
  }
}

private func isTargetSafe(_ target: String) -> Bool {
  target.utf8.first == UInt8(ascii: "/")
    && target.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x23 }
}

private func isMethodSafe(_ method: String) -> Bool {
  !method.isEmpty && method.utf8.allSatisfy { $0 >= 0x41 && $0 <= 0x5A }
}

extension Duration {
  /// Rounded up, at least 1: libcurl takes 0 for "no limit".
  var wholeMilliseconds: Int {
    let (seconds, attoseconds) = components
    guard seconds >= 0 else { return 1 }
    let milliseconds = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    return Int(max(1, min(seconds, 1_000_000) * 1000 + milliseconds))
  }
}
