// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// How many files and sockets this process may have open.
enum FileDescriptors {
  /// Raises the limit as far as the system allows without a privilege. The low one that processes
  /// start with is for programs that use select(2), which neither libmicrohttpd with epoll nor
  /// libcurl with poll(2) does.
  ///
  /// - Returns: the limit now.
  static func raiseLimit() -> Int {
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var limit = rlimit()
    guard unsafe getrlimit(resource, &limit) == 0 else { return 0 }
    if limit.rlim_cur < limit.rlim_max {
      var most = limit
      most.rlim_cur = limit.rlim_max
      if unsafe setrlimit(resource, &most) == 0 { limit = most }
    }
    return Int(clamping: limit.rlim_cur)
  }
}
