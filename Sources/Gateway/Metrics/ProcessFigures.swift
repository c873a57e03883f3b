// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import Telemetry

/// What the kernel knows of this process (proc(5)), as Prometheus' own client libraries show it.
enum ProcessFigures {
  static var samples: [Metrics.Sample] {
    var samples: [Metrics.Sample] = []
    if let limit = descriptorLimit {
      samples.append(GatewayMetrics.processDescriptorLimit.sample(limit))
    }
    if let count = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count {
      // One of them is the directory's own.
      samples.append(GatewayMetrics.processDescriptors.sample(Double(count - 1)))
    }
    guard let stat = text("/proc/self/stat"), let end = stat.lastIndex(of: ")") else {
      return samples
    }
    // The fields behind the program's name, which may hold anything; the first one is the third.
    let fields = stat[end...].split(separator: " ").dropFirst().map { Double($0) ?? 0 }
    guard fields.count > 21 else { return samples }
    let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
    samples += [
      GatewayMetrics.processCPU.sample((fields[11] + fields[12]) / ticks),
      GatewayMetrics.processThreads.sample(fields[17]),
      GatewayMetrics.processResident.sample(fields[21] * Double(sysconf(Int32(_SC_PAGESIZE)))),
    ]
    if let boot = bootTime {
      samples.append(GatewayMetrics.processStart.sample(boot + fields[19] / ticks))
    }
    return samples
  }

  private static var bootTime: Double? {
    text("/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }
      .flatMap { Double($0.dropFirst(6)) }
  }

  private static var descriptorLimit: Double? {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
      return nil
    }
    return Double(limit.rlim_cur)
  }

  private static func text(_ path: String) -> String? {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
  }
}
