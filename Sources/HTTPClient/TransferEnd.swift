// SPDX-License-Identifier: Apache-2.0
internal import CCurl
internal import HTTP

/// What is known about a transfer that ended without an answer, and what it means for the caller.
struct TransferEnd {
  /// How far the connection came.
  enum Progress: Sendable {
    case nothing
    /// The name has an address.
    case resolved
    /// TCP stands; over TLS the handshake was under way.
    case connected
    /// The connection stood whole, so the request was about to be written.
    case ready
  }

  var code: CURLcode
  var progress: Progress
  /// Bytes of this request, over all connections it was written to, that the kernel or the TLS
  /// layer took (`CURLINFO_REQUEST_SIZE`). A TLS record counts once it is out whole, and no part of
  /// a record can be read.
  var bytesWritten: Int
  /// The server said that it did not process the request: REFUSED_STREAM, or a GOAWAY with a lower
  /// last stream (RFC 9113, 6.8 and 8.7).
  var wasRefusedUnprocessed = false
  /// Why the client itself stopped taking the answer.
  var refusal: AnswerCollector.Refusal?
  /// libcurl's words.
  var detail: String

  var failure: TransportFailure {
    TransportFailure(
      reason, mayHaveBeenSent: bytesWritten > 0 && !wasRefusedUnprocessed, detail: detail)
  }

  private var reason: TransportFailure.Reason {
    if refusal != nil { return .malformed }
    switch code {
    case CURLE_OPERATION_TIMEDOUT:
      return switch progress {
      case .nothing: .resolve
      case .resolved: .connect
      case .connected: .tls
      case .ready: .timeout
      }
    case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT,
      CURLE_BAD_CONTENT_ENCODING, CURLE_FILESIZE_EXCEEDED:
      return .malformed
    case CURLE_RECV_ERROR where detail.hasSuffix("in chunked-encoding"):
      // libcurl 7.88 has no code of its own for chunks that are none (`readwrite_data` in its
      // lib/transfer.c).
      return .malformed
    default:
      // Once the request was about to be written, no other end is about making the connection,
      // whatever the code says: it may tell of libcurl's own second try, which gets no connection.
      return progress == .ready ? .connectionLost : reasonWithoutConnection
    }
  }

  private var reasonWithoutConnection: TransportFailure.Reason {
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .resolve
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
      CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_INVALIDCERTSTATUS,
      CURLE_SSL_CRL_BADFILE, CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED,
      CURLE_USE_SSL_FAILED:
      .tls
    default: .connect
    }
  }
}
