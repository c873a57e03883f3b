// SPDX-License-Identifier: Apache-2.0
internal import CCurl
internal import HTTP

extension Transfer {
  /// Sets everything that stays the same for the life of the handle. Each line's reason is what
  /// libcurl would do otherwise (https://curl.se/libcurl/c/curl_easy_setopt.html).
  func configure(
    _ configuration: CurlTransport.Configuration, errorText: UnsafeMutablePointer<CChar>
  ) throws(CurlError) {
    try unsafe check(ccurl_easy_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText))
    try setBehaviour()
    try setConnections(configuration)
    try setTLS(configuration)
    try setCallbacks()
  }

  /// Exactly the request asked for, to exactly the server asked for.
  private func setBehaviour() throws(CurlError) {
    // Signals belong to the process, not to a thread of libcurl's resolver.
    try set(CURLOPT_NOSIGNAL, 1)
    try set(CURLOPT_PROTOCOLS_STR, "http,https")
    try set(CURLOPT_FOLLOWLOCATION, 0)
    // An empty text, unlike an unset option, also overrules http_proxy and its kin in the
    // environment.
    try set(CURLOPT_PROXY, "")
    try set(CURLOPT_NOPROXY, "*")
    try set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
    try set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
    try set(CURLOPT_PATH_AS_IS, 1)
    try set(CURLOPT_HTTP09_ALLOWED, 0)
    try set(CURLOPT_NOPROGRESS, 1)
    // Allocated anew for each request over TLS, and never filled beyond this: 16 KiB instead of 64.
    try set(CURLOPT_UPLOAD_BUFFERSIZE, 16 << 10)
  }

  private func setConnections(_ configuration: CurlTransport.Configuration) throws(CurlError) {
    try set(CURLOPT_CONNECTTIMEOUT_MS, configuration.connectTimeout.wholeMilliseconds)
    if let path = configuration.unixSocket { try set(CURLOPT_UNIX_SOCKET_PATH, path) }
    try set(CURLOPT_MAXAGE_CONN, configuration.maximumIdleSeconds)
    try set(CURLOPT_TCP_NODELAY, 1)
    try set(CURLOPT_DNS_CACHE_TIMEOUT, 60)
    // CURLOPT_PIPEWAIT stays off: in 7.88 a transfer that waits for another's connection is outside
    // every timeout (`multi_handle_timeout` is not asked in MSTATE_PENDING), so one dead host would
    // hold it forever.
    try set(
      CURLOPT_HTTP_VERSION,
      configuration.usesHTTP2 ? Int(CURL_HTTP_VERSION_2TLS) : Int(CURL_HTTP_VERSION_1_1))
  }

  private func setTLS(_ configuration: CurlTransport.Configuration) throws(CurlError) {
    try set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    try set(CURLOPT_SSL_VERIFYPEER, 1)
    try set(CURLOPT_SSL_VERIFYHOST, 2)
    if let caFile = configuration.caFile { try set(CURLOPT_CAINFO, caFile) }
    // Two effects: with a CA file of its own, the system's folder of CAs is not trusted beside it;
    // and libcurl keeps the parsed certificates only when they come from a file alone, instead of
    // parsing for each connection.
    try set(CURLOPT_CAPATH, nil)
  }

  private func setCallbacks() throws(CurlError) {
    let this = unsafe Unmanaged.passUnretained(self).toOpaque()
    try unsafe check(ccurl_easy_set_pointer(easy, CURLOPT_PRIVATE, this))
    try unsafe check(ccurl_easy_set_pointer(easy, CURLOPT_HEADERDATA, this))
    try unsafe check(ccurl_easy_set_pointer(easy, CURLOPT_WRITEDATA, this))
    try unsafe check(ccurl_easy_set_pointer(easy, CURLOPT_PREREQDATA, this))
    try unsafe check(ccurl_easy_set_pointer(easy, CURLOPT_SOCKOPTDATA, this))
    try unsafe check(ccurl_easy_set_pointer(easy, CURLOPT_CLOSESOCKETDATA, multi))
    try unsafe check(ccurl_easy_set_bytes_callback(easy, CURLOPT_HEADERFUNCTION, takeLine))
    try unsafe check(ccurl_easy_set_bytes_callback(easy, CURLOPT_WRITEFUNCTION, takeBody))
    try unsafe check(ccurl_easy_set_before_request(easy, beforeRequest))
    try unsafe check(ccurl_easy_set_socket_made(easy, socketMade))
    try unsafe check(ccurl_easy_set_close_socket(easy, closeSocket))
  }

  /// The transfer that a handle belongs to.
  static func owning(_ context: UnsafeMutableRawPointer) -> Transfer {
    unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
  }
}

// The callbacks capture nothing. libcurl calls them only from within a call made in a turn
// of the multi handle, which holds the transfer. A return value other than the count of bytes given
// ends the transfer (https://curl.se/libcurl/c/CURLOPT_WRITEFUNCTION.html).

private let takeLine:
  @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int = {
    bytes, size, count, context in
    guard let bytes = unsafe bytes, let context = unsafe context else { return 0 }
    let transfer = unsafe Transfer.owning(context)
    do throws(AnswerCollector.Refusal) {
      try unsafe transfer.collector.take(
        line: UnsafeRawBufferPointer(start: bytes, count: size * count))
      return size * count
    } catch {
      transfer.refusal = error
      return 0
    }
  }

private let takeBody:
  @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int = {
    bytes, size, count, context in
    guard let bytes = unsafe bytes, let context = unsafe context else { return 0 }
    let transfer = unsafe Transfer.owning(context)
    do throws(AnswerCollector.Refusal) {
      try unsafe transfer.collector.take(
        body: UnsafeRawBufferPointer(start: bytes, count: size * count))
      return size * count
    } catch {
      transfer.refusal = error
      return 0
    }
  }

private let beforeRequest:
  @convention(c) (
    UnsafeMutableRawPointer?, UnsafeMutablePointer<CChar>?, UnsafeMutablePointer<CChar>?, Int32,
    Int32
  ) -> Int32 = { context, _, _, _, _ in
    guard let context = unsafe context else { return CURL_PREREQFUNC_ABORT }
    return unsafe Transfer.owning(context).mayStart() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
  }

private let socketMade: @convention(c) (UnsafeMutableRawPointer?, Int32, curlsocktype) -> Int32 = {
  context, socket, _ in
  guard let context = unsafe context else { return Int32(CURL_SOCKOPT_ERROR) }
  let transfer = unsafe Transfer.owning(context)
  guard transfer.mayGoOn() else { return Int32(CURL_SOCKOPT_ERROR) }
  unsafe MultiHandle.owning(transfer.multi).socketMade(socket)
  return Int32(CURL_SOCKOPT_OK)
}
