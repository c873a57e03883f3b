// SPDX-License-Identifier: Apache-2.0
internal import CSQLite
internal import GatewayCore
internal import Glibc

/// The SQLite file on disk: whether it is ours, whether nobody else uses it, and its schema.
enum StoreFile {
  /// `WXPG`, at offset 68 of the file: https://www.sqlite.org/fileformat2.html#application_id
  static let applicationID: Int64 = 0x5758_5047
  /// At offset 60. A new version migrates in `prepare`.
  static let schemaVersion: Int64 = 1

  /// Opens the file, creating it when there is none, and brings it to the schema.
  ///
  /// Nothing is written before the file is known to be this gateway's and whole.
  static func open(
    path: String, maximumBytes: Int?
  ) throws(StoreFailure) -> SQLiteConnection {
    let header = try readHeader(path)
    if !header.isEmpty { try check(header, path) }
    do {
      let connection = try SQLiteConnection(path: path)
      try configure(connection, isNew: header.isEmpty, maximumBytes: maximumBytes)
      if !header.isEmpty, let mistake = try connection.text("PRAGMA quick_check(1)"),
        mistake != "ok"
      {
        throw StoreFailure(.corrupt, detail: damaged(path, mistake))
      }
      if try connection.integer("PRAGMA user_version") == 0 { try create(connection) }
      return connection
    } catch let error as StoreFailure {
      throw error
    } catch let error as SQLiteError {
      throw StoreFailure(error, path: path)
    } catch {
      preconditionFailure("an error of another type: \(error)")
    }
  }

  /// Finds out whether the file could be opened, or made with the folders that it lies in; changes
  /// nothing, also while a gateway uses it.
  static func check(_ path: String) throws(StoreFailure) {
    let descriptor = unsafe Glibc.open(path, O_RDWR | O_CLOEXEC)
    if descriptor >= 0 {
      defer { Glibc.close(descriptor) }
      let header = try first100Bytes(descriptor, path)
      return header.isEmpty ? () : try check(header, path)
    }
    guard errno == ENOENT else {
      throw StoreFailure(
        .unavailable, detail: "the store \(path) cannot be opened: \(systemMessage())")
    }
    var folder = folder(of: path)
    // A parent of every path exists: the root, or the current folder.
    while unsafe access(folder, F_OK) != 0, errno == ENOENT, folder != "/", folder != "." {
      folder = Self.folder(of: folder)
    }
    guard unsafe access(folder, W_OK | X_OK) == 0 else {
      throw StoreFailure(
        .unavailable, detail: "the store \(path) cannot be made in \(folder): \(systemMessage())")
    }
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The first 100 bytes, fewer from a shorter file. Creates an empty file, mode 0600, when there
  /// is none.
  private static func readHeader(_ path: String) throws(StoreFailure) -> [UInt8] {
    let descriptor = unsafe Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw StoreFailure(
        .unavailable,
        detail: "cannot open the store \(path): \(systemMessage()); does its folder exist?")
    }
    defer { Glibc.close(descriptor) }
    return try first100Bytes(descriptor, path)
  }

  private static func first100Bytes(
    _ descriptor: Int32, _ path: String
  ) throws(StoreFailure) -> [UInt8] {
    var count = 0
    let header = unsafe [UInt8](unsafeUninitializedCapacity: 100) { bytes, filled in
      count = unsafe pread(descriptor, bytes.baseAddress, 100, 0)
      filled = max(count, 0)
    }
    guard count >= 0 else {
      throw StoreFailure(.unavailable, detail: "cannot read the store \(path): \(systemMessage())")
    }
    return header
  }

  private static func check(_ header: [UInt8], _ path: String) throws(StoreFailure) {
    func number(at offset: Int) -> Int64 {
      header[offset..<(offset + 4)].reduce(0) { $0 << 8 | Int64($1) }
    }
    guard header.count == 100, header.starts(with: Array("SQLite format 3\0".utf8)) else {
      throw StoreFailure(.corrupt, detail: damaged(path, "it is not an SQLite database"))
    }
    guard number(at: 68) == applicationID else {
      throw StoreFailure(
        .corrupt, detail: "\(path) is another program's database; name another file for the store")
    }
    guard number(at: 60) <= schemaVersion else {
      throw StoreFailure(
        .corrupt,
        detail:
          "\(path) was made by a newer gateway; run that one, or name another file for the store")
    }
  }

  private static func configure(
    _ connection: borrowing SQLiteConnection, isNew: Bool, maximumBytes: Int?
  ) throws(SQLiteError) {
    // Exclusive before WAL: the index of the log is then in memory and no other process can open
    // the file. https://www.sqlite.org/wal.html#noshm
    try connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    if isNew {
      // The first two hold only when set before the first page is written. The third writes it, so
      // that a file whose making was interrupted is known as ours.
      try connection.execute("PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL")
      try connection.execute("PRAGMA application_id = \(applicationID)")
    }
    try connection.execute("PRAGMA journal_mode = WAL")
    // FULL: the log is synchronized at every commit.
    // https://www.sqlite.org/pragma.html#pragma_synchronous
    try connection.execute("PRAGMA synchronous = FULL")
    // 4 MiB of pages at most stay in memory: with a million numbers, all but the index's leaves.
    try connection.execute("PRAGMA cache_size = -4096")
    // The log is cut back to this after a checkpoint.
    try connection.execute("PRAGMA journal_size_limit = 16777216")
    if let maximumBytes {
      try connection.execute("PRAGMA max_page_count = \(max(maximumBytes / 4096, 16))")
    }
  }

  private static func create(_ connection: borrowing SQLiteConnection) throws(SQLiteError) {
    try connection.execute(
      """
      BEGIN IMMEDIATE;
      CREATE TABLE request_number (
        id INTEGER PRIMARY KEY,
        -- SHA-256 of merchant, operation and number, each behind its length in 8 bytes
        key BLOB NOT NULL UNIQUE,
        -- 1 claimed, 2 claimed again after unknown, 3 unknown, 4 answered
        state INTEGER NOT NULL,
        -- the start of the gateway that claimed it: a claim of an earlier one is unknown
        start INTEGER NOT NULL,
        fingerprint BLOB NOT NULL,
        -- Unix time in milliseconds
        expires_at INTEGER NOT NULL,
        status INTEGER, recovered INTEGER, content_type TEXT, upstream_request_id TEXT, body BLOB
      ) STRICT;
      CREATE INDEX request_number_by_expiry ON request_number (expires_at);
      -- one row: how often the store was opened, and how many numbers are in each state
      CREATE TABLE store (start INTEGER NOT NULL, claimed INTEGER NOT NULL, answered INTEGER NOT NULL,
        unknown INTEGER NOT NULL) STRICT;
      INSERT INTO store VALUES (0, 0, 0, 0);
      PRAGMA user_version = \(schemaVersion);
      COMMIT
      """)
  }

  private static func damaged(_ path: String, _ why: String) -> String {
    "\(path) is not a store or is damaged (\(why)); nothing was changed: move it away to start afresh, which forgets "
      + "every request number in it"
  }
}

extension StoreFailure {
  init(_ error: SQLiteError, path: String) {
    let what = "\(path): \(error.message) (SQLite \(error.code))"
    switch error.primaryCode {
    case SQLITE_FULL:
      self.init(.full, detail: "no room for the store \(what); make room on its disk")
    case SQLITE_CORRUPT, SQLITE_NOTADB:
      self.init(.corrupt, detail: "the store \(what) is damaged; move it away to start afresh")
    case SQLITE_BUSY, SQLITE_LOCKED:
      self.init(
        .inUse, detail: "another process uses the store \(what); give each gateway its own file")
    default:
      self.init(
        .unavailable,
        detail: "the store \(what) cannot be read or written; check its disk and permissions")
    }
  }
}

/// The text for `errno`.
func systemMessage() -> String {
  let text = unsafe strerror(errno)
  return unsafe text.map { unsafe String(cString: $0) } ?? "error \(errno)"
}

/// A file beside the database that one process at a time holds locked. The kernel lets go of it
/// when that process ends, however it ends (flock(2)); the file itself stays.
@safe
struct LockFile: ~Copyable {
  private let descriptor: Int32

  /// - Throws: `inUse` when another opener holds it, in this process or in another.
  init(path: String) throws(StoreFailure) {
    let descriptor = unsafe Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw StoreFailure(
        .unavailable, detail: "cannot open \(path): \(systemMessage()); does its folder exist?")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let isHeld = errno == EWOULDBLOCK
      let detail =
        isHeld
        ? "another gateway uses this store (it holds \(path)); give each gateway its own file"
        : "cannot lock \(path): \(systemMessage())"
      Glibc.close(descriptor)
      throw StoreFailure(isHeld ? .inUse : .unavailable, detail: detail)
    }
    self.descriptor = descriptor
  }

  deinit { Glibc.close(descriptor) }
}
