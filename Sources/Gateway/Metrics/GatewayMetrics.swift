// SPDX-License-Identifier: Apache-2.0
internal import Telemetry

/// Every metric of the gateway, in the order of `/metrics`.
enum GatewayMetrics {
  // Requests.
  static let requests = MetricFamily(
    .counter, "requests_total",
    "Requests answered, by what the caller got; source is who says so.",
    labels: ["operation", "merchant", "status", "code", "source"])
  /// Places in the labels of `requests`.
  static let requestMerchantLabel = 1
  static let requestStatusLabel = 2
  static let requestDuration = MetricFamily(
    .histogram, "request_duration_seconds", "From the last byte in to the answer handed over.",
    labels: ["operation"])
  static let stageDuration = MetricFamily(
    .histogram, "stage_duration_seconds",
    "Time in each policy and in each step of a call: sign, upstream, verify, normalize.",
    labels: ["stage"])
  static let rejections = MetricFamily(
    .counter, "rejections_total", "Requests that the front end refused before they were whole.",
    labels: ["code"])
  static let inFlight = MetricFamily(.gauge, "requests_in_flight", "Requests inside right now.")
  static let waiting = MetricFamily(
    .gauge, "requests_waiting",
    "Requests that wait: for their turn (rate_limit), or for another one's answer (deduplicate).",
    labels: ["stage"])

  // Policies.
  static let deduplicated = MetricFamily(
    .counter, "dedup_total",
    "Numbered requests: miss (sent), hit (replayed from the store), joined (one in flight), "
      + "recovered (sent again after an unknown outcome), conflict (other content).",
    labels: ["result"])
  static let rateLimited = MetricFamily(
    .counter, "rate_limit_decisions_total",
    "Turns: admitted at once, waited, refused, or observed (would have been refused).",
    labels: ["merchant", "decision"])
  static let slowedDown = MetricFamily(
    .counter, "rate_limit_slowdowns_total",
    "Times that a 429 of WeChat Pay slowed a merchant down.", labels: ["merchant"])
  static let quotaUsed = MetricFamily(
    .gauge, "rate_limit_used_ratio", "Share of a merchant's quota that is used up, from 0 to 1.",
    labels: ["merchant"])
  static let observed = MetricFamily(
    .counter, "observed_refusals_total", "Refusals that a policy in observe mode did not make.",
    labels: ["policy", "code"])

  // Towards WeChat Pay.
  static let attempts = MetricFamily(
    .counter, "upstream_attempts_total", "Requests signed and sent, retries included.",
    labels: ["host"])
  static let retries = MetricFamily(
    .counter, "upstream_retries_total", "Attempts after a request's first.")
  static let circuit = MetricFamily(
    .gauge, "circuit_state", "1 for the state that the circuit of a host is in.",
    labels: ["host", "state"])
  static let circuitChanges = MetricFamily(
    .counter, "circuit_changes_total", "Changes of a host's circuit, by the state it went to.",
    labels: ["host", "state"])
  static let upstreamConnections = MetricFamily(
    .gauge, "upstream_connections", "Open connections to WeChat Pay, busy or idle.")
  static let upstreamConnectionUses = MetricFamily(
    .counter, "upstream_connection_uses_total",
    "Requests by the connection they went on: new or reused.", labels: ["connection"])
  static let certificateDownloads = MetricFamily(
    .counter, "certificate_downloads_total",
    "Downloads of platform certificates; result is ok or why it failed.", labels: ["result"])
  static let certificateExpiry = MetricFamily(
    .gauge, "certificate_expiry_seconds",
    "Until a certificate expires: the merchant's own, or a platform certificate of WeChat Pay.",
    labels: ["merchant", "kind", "serial"])
  static let clockSkew = MetricFamily(
    .gauge, "clock_skew_seconds",
    "How far WeChat Pay's clock is ahead of this machine's, where it is known.")

  // Connections of callers.
  static let connections = MetricFamily(
    .gauge, "connections", "Open connections of the data plane.")
  static let connectionsAccepted = MetricFamily(
    .counter, "connections_accepted_total", "Connections of the data plane since the start.")
  static let acceptFailures = MetricFamily(
    .counter, "accept_failures_total",
    "Connections that could not be accepted for want of descriptors or memory.")

  static let failedHandshakes = MetricFamily(
    .counter, "tls_handshake_failures_total",
    "Connections whose TLS handshake failed: no TLS, no or a refused certificate, too slow.")
  static let listenerExpiry = MetricFamily(
    .gauge, "listener_certificate_expiry_seconds",
    "Until what server.tls names expires: its certificate, or the first of client_ca.",
    labels: ["kind"])

  // The store.
  static let storeEntries = MetricFamily(
    .gauge, "store_entries", "Request numbers in the store, by state.", labels: ["state"])
  static let storeBytes = MetricFamily(.gauge, "store_bytes", "Size of the store.")
  static let storeErrors = MetricFamily(
    .counter, "store_errors_total", "Operations that the store could not do.", labels: ["code"])

  // Logs.
  static let logLinesDropped = MetricFamily(
    .counter, "log_lines_dropped_total", "Lines that found no room while the log was not written.",
    labels: ["log"])
  static let logErrors = MetricFamily(
    .counter, "log_errors_total", "Attempts to write a log, or to open it anew, that failed.",
    labels: ["log"])
  static let logBytesWaiting = MetricFamily(
    .gauge, "log_bytes_waiting", "Bytes that wait to be written.", labels: ["log"])

  // The gateway itself.
  static let ready = MetricFamily(.gauge, "ready", "1 while /readyz says so.")
  static let reloads = MetricFamily(
    .counter, "config_reloads_total", "Reloads of the configuration, by result: ok or refused.",
    labels: ["result"])
  static let configuration = MetricFamily(
    .gauge, "config_info", "Always 1; the SHA-256 of the configuration that is used, as in check.",
    labels: ["sha256"])
  static let reloadSucceeded = MetricFamily(
    .gauge, "config_last_reload_successful", "1 unless the latest reload was refused.")
  static let loaded = MetricFamily(
    .gauge, "config_last_reload_success_timestamp_seconds",
    "Unix time since when the present configuration is used.")
  static let build = MetricFamily(.gauge, "build_info", "Always 1.", labels: ["version"])
  static let processCPU = MetricFamily(
    .counter, "process_cpu_seconds_total", "CPU time of the process, user and system.")
  static let processResident = MetricFamily(
    .gauge, "process_resident_memory_bytes", "Resident memory of the process.")
  static let processDescriptors = MetricFamily(
    .gauge, "process_open_fds", "Open file descriptors of the process.")
  static let processDescriptorLimit = MetricFamily(
    .gauge, "process_max_fds", "File descriptors that the process may have.")
  static let processThreads = MetricFamily(.gauge, "process_threads", "Threads of the process.")
  static let processStart = MetricFamily(
    .gauge, "process_start_time_seconds", "When the process began, in seconds since 1970.")

  static let all = [
    requests, requestDuration, stageDuration, rejections, inFlight, waiting,
    deduplicated, rateLimited, slowedDown, quotaUsed, observed,
    attempts, retries, circuit, circuitChanges, upstreamConnections, upstreamConnectionUses,
    certificateDownloads, certificateExpiry, clockSkew,
    connections, connectionsAccepted, acceptFailures, failedHandshakes, listenerExpiry,
    storeEntries, storeBytes, storeErrors,
    logLinesDropped, logErrors, logBytesWaiting,
    ready, configuration, reloads, reloadSucceeded, loaded, build,
    processCPU, processResident, processDescriptors, processDescriptorLimit, processThreads,
    processStart,
  ]
}
