// SPDX-License-Identifier: Apache-2.0
internal import GatewayCore

/// Every statement the SQLite store runs while it serves, compiled once.
struct StoreStatements: ~Copyable {
  let begin: SQLiteStatement
  let commit: SQLiteStatement
  let rollback: SQLiteStatement
  /// key → id, state, start, fingerprint, expires_at
  let find: SQLiteStatement
  /// id → status, recovered, content_type, upstream_request_id, body
  let answer: SQLiteStatement
  /// key, state, start, fingerprint, expires_at
  let claim: SQLiteStatement
  /// id, state, start, fingerprint, expires_at: over a number that expired or whose outcome is
  /// unknown
  let claimAgain: SQLiteStatement
  /// id, status, recovered, content_type, upstream_request_id, body
  let setAnswer: SQLiteStatement
  /// id, state
  let setState: SQLiteStatement
  /// id
  let remove: SQLiteStatement
  /// now, limit → state, start of each number that was removed
  let removeExpired: SQLiteStatement
  /// claimed, answered, unknown
  let setTally: SQLiteStatement

  /// Compiles them all. (An initializer cannot throw between two of its noncopyable members.)
  static func prepared(
    on connection: borrowing SQLiteConnection, path: String
  ) throws(StoreFailure) -> StoreStatements {
    func prepare(
      _ connection: borrowing SQLiteConnection, _ sql: String
    ) throws(StoreFailure) -> SQLiteStatement {
      do throws(SQLiteError) {
        return try connection.prepare(sql)
      } catch {
        throw StoreFailure(error, path: path)
      }
    }
    let begin = try prepare(connection, "BEGIN")
    let commit = try prepare(connection, "COMMIT")
    let rollback = try prepare(connection, "ROLLBACK")
    let find = try prepare(
      connection,
      "SELECT id, state, start, fingerprint, expires_at FROM request_number WHERE key = ?1")
    let answer = try prepare(
      connection,
      "SELECT status, recovered, content_type, upstream_request_id, body FROM request_number WHERE id = ?1"
    )
    let claim = try prepare(
      connection,
      "INSERT INTO request_number (key, state, start, fingerprint, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)"
    )
    let claimAgain = try prepare(
      connection,
      """
      UPDATE request_number SET state = ?2, start = ?3, fingerprint = ?4, expires_at = ?5, status = NULL,
        recovered = NULL, content_type = NULL, upstream_request_id = NULL, body = NULL WHERE id = ?1
      """)
    let setAnswer = try prepare(
      connection,
      """
      UPDATE request_number SET state = \(NumberRecord.State.answered.rawValue), status = ?2, recovered = ?3,
        content_type = ?4, upstream_request_id = ?5, body = ?6 WHERE id = ?1
      """)
    let setState = try prepare(connection, "UPDATE request_number SET state = ?2 WHERE id = ?1")
    let remove = try prepare(connection, "DELETE FROM request_number WHERE id = ?1")
    let removeExpired = try prepare(
      connection,
      """
      DELETE FROM request_number WHERE id IN
        (SELECT id FROM request_number WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)
        RETURNING state, start
      """)
    let setTally = try prepare(
      connection, "UPDATE store SET claimed = ?1, answered = ?2, unknown = ?3")
    return StoreStatements(
      begin: begin, commit: commit, rollback: rollback, find: find, answer: answer, claim: claim,
      claimAgain: claimAgain, setAnswer: setAnswer, setState: setState, remove: remove,
      removeExpired: removeExpired, setTally: setTally)
  }
}
