// SPDX-License-Identifier: Apache-2.0
internal import CSQLite

/// What SQLite answered instead of doing what was asked.
struct SQLiteError: Error, Sendable {
  /// The extended result code: https://www.sqlite.org/rescode.html
  let code: Int32
  let message: String

  /// The low byte says which kind it is.
  var primaryCode: Int32 { code & 0xFF }

  /// For what SQLite does not see: rows that no gateway writes.
  static func damaged(_ message: String) -> SQLiteError {
    SQLiteError(code: SQLITE_CORRUPT, message: message)
  }
}

/// An open database file. Used by one thread at a time (it is opened with `SQLITE_OPEN_NOMUTEX`).
@safe
struct SQLiteConnection: ~Copyable {
  private let handle: OpaquePointer?

  /// Opens an existing file.
  init(path: String) throws(SQLiteError) {
    var handle: OpaquePointer?
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
    let code = unsafe sqlite3_open_v2(path, &handle, flags, nil)
    // sqlite3_open_v2: "Whether or not an error occurs … resources associated with the database
    // connection handle should be released by passing it to sqlite3_close()": `deinit` does.
    unsafe self.handle = handle
    guard code == SQLITE_OK else { throw failure(code) }
    // Otherwise closing a file that was refused as damaged would write its log into it.
    let kept = unsafe csqlite_keep_log_on_close(handle)
    guard kept == SQLITE_OK else { throw failure(kept) }
  }

  // sqlite3_close_v2: with statements left it becomes a "zombie" that goes with the last of them.
  deinit { unsafe sqlite3_close_v2(handle) }

  /// Runs statements without parameters, their rows unread.
  func execute(_ sql: String) throws(SQLiteError) {
    let code = unsafe sqlite3_exec(handle, sql, nil, nil, nil)
    guard code == SQLITE_OK else { throw failure(code) }
  }

  /// Compiles one statement, for repeated use.
  func prepare(_ sql: String) throws(SQLiteError) -> SQLiteStatement {
    var statement: OpaquePointer?
    let code = unsafe sqlite3_prepare_v3(
      handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
    guard code == SQLITE_OK, let statement = unsafe statement else { throw failure(code) }
    return unsafe SQLiteStatement(takingOwnershipOf: statement)
  }

  /// The first column of the first row.
  func integer(_ sql: String) throws(SQLiteError) -> Int64? {
    let statement = try prepare(sql)
    return try statement.step() ? statement.integer(0) : nil
  }

  /// The first column of the first row.
  func text(_ sql: String) throws(SQLiteError) -> String? {
    let statement = try prepare(sql)
    return try statement.step() ? statement.text(0) : nil
  }

  /// Whether a transaction is open; some errors end it:
  /// https://www.sqlite.org/c3ref/get_autocommit.html
  var isInTransaction: Bool { unsafe sqlite3_get_autocommit(handle) == 0 }

  /// The row id of the last insertion.
  var lastInsertedRow: Int64 { unsafe sqlite3_last_insert_rowid(handle) }

  private func failure(_ code: Int32) -> SQLiteError {
    let text = unsafe handle == nil ? sqlite3_errstr(code) : sqlite3_errmsg(handle)
    return SQLiteError(code: code, message: unsafe text.map { unsafe String(cString: $0) } ?? "")
  }
}

/// A compiled statement: bind, step, read, reset. Columns count from 0, parameters from 1.
@safe
struct SQLiteStatement: ~Copyable {
  private let statement: OpaquePointer

  init(takingOwnershipOf statement: OpaquePointer) { unsafe self.statement = statement }

  deinit { unsafe sqlite3_finalize(statement) }

  func bind(_ index: Int32, _ value: Int64) throws(SQLiteError) {
    try check(unsafe sqlite3_bind_int64(statement, index, value))
  }

  func bind(_ index: Int32, _ bytes: [UInt8]) throws(SQLiteError) {
    let code = unsafe bytes.withUnsafeBytes { bytes in
      // A null pointer would bind NULL.
      unsafe bytes.isEmpty
        ? sqlite3_bind_zeroblob(statement, index, 0)
        : csqlite_bind_blob(statement, index, bytes.baseAddress, UInt64(bytes.count))
    }
    try check(code)
  }

  func bind(_ index: Int32, _ text: String?) throws(SQLiteError) {
    guard var text else { return try check(unsafe sqlite3_bind_null(statement, index)) }
    let code = text.withUTF8 { bytes in
      unsafe bytes.withMemoryRebound(to: CChar.self) { bytes in
        unsafe csqlite_bind_text(statement, index, bytes.baseAddress, UInt64(bytes.count))
      }
    }
    try check(code)
  }

  /// Runs up to the next row; `false` at the end. An error leaves the statement reset.
  func step() throws(SQLiteError) -> Bool {
    switch unsafe sqlite3_step(statement) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code:
      let error = failure(code)
      unsafe sqlite3_reset(statement)
      throw error
    }
  }

  /// Runs a statement that gives no rows, and makes it ready for the next time.
  func run() throws(SQLiteError) {
    while try step() {}
    reset()
  }

  /// Makes it ready for the next time. sqlite3_reset repeats the error of the last step, which was
  /// thrown already.
  func reset() { unsafe sqlite3_reset(statement) }

  func integer(_ column: Int32) -> Int64 { unsafe sqlite3_column_int64(statement, column) }

  func isNull(_ column: Int32) -> Bool {
    unsafe sqlite3_column_type(statement, column) == SQLITE_NULL
  }

  /// Copies a blob; empty for NULL.
  func bytes(_ column: Int32) -> [UInt8] {
    // sqlite3_column_blob: ask for the pointer first, then for the size.
    let start = unsafe sqlite3_column_blob(statement, column)
    let count = Int(unsafe sqlite3_column_bytes(statement, column))
    return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
  }

  /// Copies a text; `nil` for NULL.
  func text(_ column: Int32) -> String? {
    guard let start = unsafe sqlite3_column_text(statement, column) else { return nil }
    let count = Int(unsafe sqlite3_column_bytes(statement, column))
    return unsafe String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  }

  private func check(_ code: Int32) throws(SQLiteError) {
    guard code == SQLITE_OK else { throw failure(code) }
  }

  private func failure(_ code: Int32) -> SQLiteError {
    let text = unsafe sqlite3_errmsg(sqlite3_db_handle(statement))
    return SQLiteError(code: code, message: unsafe text.map { unsafe String(cString: $0) } ?? "")
  }
}
