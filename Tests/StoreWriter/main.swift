// SPDX-License-Identifier: Apache-2.0
import GatewayCore
import Glibc
import Storage

// Writes to a store and prints what the store acknowledged, a line each, at once. StoreWriter write
// PATH RUN     claims and answers RUN-0, RUN-1, … from several tasks, until it is killed
// StoreWriter limited PATH       the same with a limit on the size of files; prints the failure,
// lifts the limit, goes on

@Sendable func say(_ line: String) {
  var text = line + "\n"
  let count = text.utf8.count
  // One write(2) of less than PIPE_BUF bytes: lines do not mix.
  let written = text.withUTF8 { bytes in unsafe write(1, bytes.baseAddress, bytes.count) }
  if written != count { exit(3) }
}

@Sendable func key(_ name: String) -> RequestKey {
  RequestKey(merchant: MerchantID("1900000001"), operation: "upload", number: name)
}

@Sendable func fingerprint(_ name: String) -> Fingerprint {
  Fingerprint(Array(("content of " + name).utf8))
}

@Sendable func answer(_ name: String, size: Int = 300) -> StoredAnswer {
  StoredAnswer(
    status: 200, contentType: "application/json",
    body: Array(("answer to " + name).utf8) + [UInt8](repeating: 46, count: size),
    upstreamRequestID: "id-" + name, recovered: false)
}

/// Claims and answers one number; returns the failure, if any.
@Sendable func upload(_ name: String, _ store: SQLiteStore, size: Int = 300) async -> StoreFailure?
{
  do throws(StoreFailure) {
    let claimed = try await store.perform([
      .claim(
        key(name), fingerprint: fingerprint(name), lifetime: .seconds(86_400), lease: .seconds(60))
    ])
    say("\(claimed == [.granted] ? "claimed" : "refused") \(name)")
    _ = try await store.perform([
      .answered(key(name), fingerprint: fingerprint(name), answer(name, size: size))
    ])
    say("answered \(name)")
    return nil
  } catch {
    return error
  }
}

func write(to store: SQLiteStore, run: String) async {
  await withTaskGroup(of: Void.self) { group in
    for task in 0..<8 {
      group.addTask {
        var number = task
        while true {
          if let failure = await upload("\(run)-\(number)", store) {
            say("failure \(failure.code.name)")
            return
          }
          number += 8
        }
      }
    }
  }
}

func writeLimited(to store: SQLiteStore) async {
  signal(SIGXFSZ, SIG_IGN)
  var limit = rlimit()
  unsafe getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
  var small = limit
  small.rlim_cur = 512 * 1024
  unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &small)
  for number in 0..<10_000 {
    guard let failure = await upload("\(number)", store, size: 20_000) else { continue }
    say("failure \(failure.code.name)")
    break
  }
  unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
  if let failure = await upload("after", store) { say("still \(failure.code.name)") }
}

guard CommandLine.arguments.count >= 3 else { exit(2) }
do throws(StoreFailure) {
  let store = try SQLiteStore(path: CommandLine.arguments[2])
  say("open")
  switch CommandLine.arguments[1] {
  case "write": await write(to: store, run: CommandLine.arguments.last ?? "")
  case "limited": await writeLimited(to: store)
  default: exit(2)
  }
  await store.close()
} catch {
  say("failure \(error.code.name)")
  exit(1)
}
