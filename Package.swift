// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

/// One list for every target: Swift 6 mode, strict concurrency and memory safety, no warning passes.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableUpcomingFeature("InferIsolatedConformances"),
]

func library(
  _ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []
) -> Target {
  .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = [])
  -> Target
{
  .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "wxpay-gateway",
  products: [
    .executable(name: "wxpay-gateway", targets: ["Gateway"]),
    .executable(name: "wxpay-simulator", targets: ["Simulator"]),
    // For tests only: what is preloaded into a program to move its wall clock.
    .library(name: "WallClock", type: .dynamic, targets: ["WallClock"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    // C libraries: a module map and a header of shims each, imported by one Swift target only.
    .systemLibrary(
      name: "CMHD", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
    .systemLibrary(name: "CGnuTLS", pkgConfig: "gnutls", providers: [.apt(["libgnutls28-dev"])]),
    .systemLibrary(
      name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CEpoll"),
    .systemLibrary(name: "CThread"),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    // Its pkg-config file has a flag that Swift's package manager refuses, and names no other folder.
    .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
    .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CP11Kit", pkgConfig: "p11-kit-1", providers: [.apt(["libp11-kit-dev"])]),
    // toml++ behind a C face: it is the one TOML reader here that knows the line of every key.
    .target(name: "CTOML"),
    // OpenSSL's secure heap, with its other allocations for keys in it too.
    .target(name: "CKeyMemory", dependencies: ["COpenSSL"]),

    // The lock, under one name, and threads that have one.
    library("Concurrency", ["CThread"]),
    // What time it is, as a number: by the clock that never jumps, and by the wall clock.
    library("Clocks"),
    // Strict JSON text, exact numbers, pointers, canonical form (RFC 8259, 6901, 8785).
    library("JSON"),
    // YAML text as nodes that know their lines, on libyaml.
    library("YAML", ["CYAML"]),
    // JSON Schema 2020-12, compiled once.
    library("JSONSchema", ["JSON", "CPCRE2"]),
    // OpenAPI documents and the error table: routes, parameters, bodies, shapes of answers.
    library(
      "OpenAPI", ["HTTP", "JSON", "JSONSchema", "YAML"], resources: [.embedInCode("errors.yaml")]),
    // Requests, responses, headers and the transport protocol: the words both edges share.
    library("HTTP", ["Clocks"]),
    // The words of the domain: exchange, problem, policy, chain, stores, clocks.
    library("GatewayCore", ["Clocks", "Concurrency", "HTTP", "JSON", "OpenAPI"]),
    // The policies, a file each.
    library(
      "Policies",
      [
        "Clocks", "Concurrency", "GatewayCore", "HTTP", "JSON", "OpenAPI", "Cryptography",
      ]),
    // Sign, forward, verify, normalize; platform certificates.
    library(
      "WeChatPay",
      [
        "Clocks", "Concurrency", "GatewayCore", "HTTP", "JSON", "OpenAPI", "Cryptography",
      ]),
    // The threads under listener, transport and chain.
    library("EventLoop", ["Clocks", "Concurrency", "CEpoll"]),
    // The front end on libmicrohttpd, with TLS by GnuTLS.
    library(
      "HTTPServer", ["Clocks", "Concurrency", "EventLoop", "HTTP", "CMHD", "CGnuTLS"]),
    // The transport on libcurl.
    library("HTTPClient", ["Clocks", "Concurrency", "EventLoop", "HTTP", "CCurl"]),
    // RSA, X.509, AEAD, digests on OpenSSL.
    library("Cryptography", ["Concurrency", "CKeyMemory", "COpenSSL"]),
    // Private keys that stay in a token (HSM), through PKCS #11.
    library("PKCS11", ["Concurrency", "CP11Kit", "Cryptography"]),
    // Request-number stores: memory, SQLite and Redis.
    library(
      "Storage",
      ["Clocks", "Concurrency", "Cryptography", "GatewayCore", "CHiredis", "CSQLite"],
      resources: [.embedInCode("Redis/numbers.lua")]),
    // gateway.conf to checked values.
    library("Settings", ["CTOML", "Cryptography", "HTTP"]),
    // Log lines and metrics.
    library("Telemetry", ["Clocks", "Concurrency", "GatewayCore", "HTTP", "JSON"]),

    // The executable `wxpay-gateway`: commands and wiring.
    .executableTarget(
      name: "Gateway",
      dependencies: [
        "Clocks", "Concurrency", "EventLoop", "GatewayCore", "HTTP", "JSON", "JSONSchema",
        "OpenAPI", "Policies", "WeChatPay", "HTTPServer",
        "HTTPClient", "Cryptography", "PKCS11", "Storage", "Settings", "Telemetry", argumentParser,
      ], resources: [.embedInCode("AdminPlane/page.html")], swiftSettings: strict,
      linkerSettings: [
        // In place of the C library's malloc; sanitizers, which replace it too, build for debugging.
        .linkedLibrary("jemalloc", .when(configuration: .release)),
        // A tenth of the relocations' size in the program and in memory; glibc 2.36 or newer reads them.
        .unsafeFlags(
          ["-use-ld=lld", "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs"],
          .when(configuration: .release)),
      ]),
    // The executable `wxpay-simulator`: shares no code with WeChatPay, so that they cannot share a mistake.
    .executableTarget(
      name: "Simulator",
      dependencies: ["Concurrency", "HTTP", "HTTPServer", "Cryptography", "JSON", argumentParser],
      swiftSettings: strict),

    // What reading, validating and canonicalizing a body costs (`Benchmarks/json`).
    .executableTarget(
      name: "JSONBenchmark", dependencies: ["JSON", "JSONSchema"], path: "Benchmarks/JSONBenchmark",
      swiftSettings: strict),
    // The whole chain against an answer in its own process, for counting instructions.
    .executableTarget(
      name: "HotPathBenchmark",
      dependencies: [
        "Clocks", "Concurrency", "Cryptography", "GatewayCore", "HTTP", "OpenAPI",
        "Policies", "Storage", "WeChatPay",
      ], path: "Benchmarks/HotPathBenchmark", swiftSettings: strict),
    // What the rate limit's state of a million merchants takes.
    .executableTarget(
      name: "RateLimitBenchmark", dependencies: ["GatewayCore", "Policies"],
      path: "Benchmarks/RateLimitBenchmark", swiftSettings: strict),

    // Never instrumented: it is preloaded into programs that were not built here, too.
    .target(
      name: "WallClock", path: "Tests/WallClock",
      cSettings: [.unsafeFlags(["-fno-sanitize=all"])]),
    // Shared by tests: temporary folders, certificates made on the spot, scripted sockets, processes.
    .target(
      name: "TestSupport",
      dependencies: [
        "Clocks", "Concurrency", "GatewayCore", "HTTP", "JSON", "OpenAPI", "Cryptography",
      ], path: "Tests/TestSupport",
      swiftSettings: strict),
    // Where bytes from outside come in, and the laws that hold for all of them (docs/fuzzing.md).
    .target(
      name: "FuzzTargets",
      dependencies: [
        "Concurrency", "Cryptography", "GatewayCore", "HTTP", "HTTPServer", "JSON", "JSONSchema",
        "OpenAPI", "Settings", "WeChatPay", "TestSupport",
      ], path: "Tests/Fuzz/Targets", swiftSettings: strict),
    tests("FuzzTests", ["FuzzTargets", "TestSupport"]),
    tests("HTTPTests", ["HTTP"]),
    tests("JSONTests", ["JSON", "TestSupport"]),
    tests("JSONSchemaTests", ["JSON", "JSONSchema", "TestSupport"]),
    tests("OpenAPITests", ["HTTP", "JSON", "OpenAPI", "TestSupport"]),
    tests("EventLoopTests", ["Clocks", "Concurrency", "EventLoop", "TestSupport"]),
    tests(
      "HTTPServerTests",
      ["Clocks", "Concurrency", "EventLoop", "HTTP", "HTTPServer", "TestSupport"]),
    tests("HTTPClientTests", ["HTTP", "HTTPClient", "TestSupport"]),
    tests("CryptographyTests", ["Cryptography", "TestSupport"]),
    tests("PKCS11Tests", ["Cryptography", "PKCS11", "TestSupport"]),
    // Writes to a store until it is killed.
    .executableTarget(
      name: "StoreWriter", dependencies: ["GatewayCore", "Storage"], path: "Tests/StoreWriter",
      swiftSettings: strict),
    tests(
      "StorageTests",
      ["Concurrency", "Cryptography", "GatewayCore", "Storage", "StoreWriter", "TestSupport"]),
    tests("SettingsTests", ["Cryptography", "HTTP", "Settings", "TestSupport"]),
    tests("TelemetryTests", ["Concurrency", "GatewayCore", "JSON", "Telemetry", "TestSupport"]),
    tests(
      "PoliciesTests",
      [
        "Concurrency", "Cryptography", "GatewayCore", "HTTP", "JSON", "OpenAPI", "Policies",
        "Storage", "TestSupport",
      ]),
    tests(
      "WeChatPayTests",
      [
        "Clocks", "Concurrency", "Cryptography", "GatewayCore", "HTTP", "JSON", "OpenAPI",
        "WeChatPay", "TestSupport",
      ]),
    tests(
      "GatewayTests",
      [
        "Clocks", "Concurrency", "Gateway", "GatewayCore", "HTTP", "JSON", "OpenAPI", "Telemetry",
        "TestSupport",
      ]),
    tests(
      "SimulatorTests", ["Concurrency", "Cryptography", "HTTP", "JSON", "Simulator", "TestSupport"]),
    // The real executables, by the promises of their interface only.
    tests(
      "IntegrationTests",
      [
        "Concurrency", "Cryptography", "Gateway", "HTTP", "HTTPClient", "JSON", "Simulator",
        "TestSupport",
      ]),
  ],
  cxxLanguageStandard: .cxx17
)

// libFuzzer brings the `main` of this program, so it links in no other build (`make fuzz`).
if Context.environment["FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "Fuzz", dependencies: ["FuzzTargets"], path: "Tests/Fuzz/Driver",
      swiftSettings: strict))
}
