// SPDX-License-Identifier: Apache-2.0
internal import Telemetry

/// Every metric of the gateway, in the order of `/metrics`.
enum GatewayMetrics {
  static let requests = MetricFamily(
    .counter, "requests_total", "Requests answered, by what the caller got.",
    labels: ["operation", "merchant", "status", "code", "source"])
  static let requestDuration = MetricFamily(
    .histogram, "request_duration_seconds", "From the last byte in to the answer handed over.",
    labels: ["operation"])
  static let stageDuration = MetricFamily(
    .histogram, "stage_duration_seconds",
    "Time in each stage: policies, sign, upstream, verify, normalize.",
    labels: ["stage"])
  static let rejections = MetricFamily(
    .counter, "rejections_total", "Requests that the front end refused before they were whole.",
    labels: ["code"])
  static let inFlight = MetricFamily(.gauge, "requests_in_flight", "Requests inside right now.")
  static let connections = MetricFamily(
    .gauge, "connections", "Open connections of the data plane.")
  static let attempts = MetricFamily(
    .counter, "upstream_attempts_total", "Requests signed and sent, retries included.",
    labels: ["host"])
  static let retries = MetricFamily(
    .counter, "upstream_retries_total", "Attempts after a request's first.")
  static let deduplicated = MetricFamily(
    .counter, "dedup_total", "Numbered requests, by what was known of the number.",
    labels: ["result"])
  static let observed = MetricFamily(
    .counter, "observed_refusals_total", "Refusals that a policy in observe mode did not make.",
    labels: ["policy", "code"])
  static let circuit = MetricFamily(
    .gauge, "circuit_open", "1 while the circuit of a host is open or half open.", labels: ["host"])
  static let certificateExpiry = MetricFamily(
    .gauge, "certificate_expiry_seconds", "Until a platform certificate expires.",
    labels: ["merchant", "serial"])
  static let storeEntries = MetricFamily(
    .gauge, "store_entries", "Request numbers in the store, by state.", labels: ["state"])
  static let storeBytes = MetricFamily(.gauge, "store_bytes", "Size of the store.")
  static let clockSkew = MetricFamily(
    .gauge, "clock_skew_seconds",
    "How far WeChat Pay's clock is ahead of this machine's, where it is known.")
  static let build = MetricFamily(.gauge, "build_info", "Always 1.", labels: ["version"])

  static let all = [
    requests, requestDuration, stageDuration, rejections, inFlight, connections, attempts, retries,
    deduplicated,
    observed, circuit, certificateExpiry, storeEntries, storeBytes, clockSkew, build,
  ]
}
