// SPDX-License-Identifier: Apache-2.0
import JSON

/// Reads an error table and reports what is wrong with it.
struct ErrorTableReader {
  let loader: DocumentLoader

  /// The table that an OpenAPI document names with `x-error-table`; `nil` when it names none or the
  /// table has mistakes.
  func table(of document: SourceDocument) -> ErrorTable? {
    guard let reference = DocumentNode(document)["x-error-table"] else { return nil }
    guard let path = reference.value.stringValue, !path.isEmpty else {
      loader.report(reference, "is not a path", remedy: "Write x-error-table: errors.yaml.")
      return nil
    }
    guard let file = loader.open(path, relativeTo: document) else {
      loader.report(
        reference, "names \(path), which cannot be read", remedy: "Correct the path or the table.")
      return nil
    }
    return read(DocumentNode(file))
  }

  /// `apis/errors.yaml` as it was when the gateway was built, for documents that name no table.
  func builtIn() -> ErrorTable {
    do throws(DocumentMistakes) {
      return try Self.builtInTable.get()
    } catch {
      error.mistakes.forEach(loader.add)
      return .empty
    }
  }

  private static let builtInTable = Result { () throws(DocumentMistakes) in
    let name = "errors.yaml (built in)"
    let loader = DocumentLoader()
    let document = try SourceDocument.read(
      PackageResources.errors_yaml, path: name, absolutePath: name)
    guard let table = ErrorTableReader(loader: loader).read(DocumentNode(document)) else {
      throw DocumentMistakes(loader.mistakes)
    }
    return table
  }

  /// - Returns: `nil` when the table cannot be used; then something was reported.
  func read(_ root: DocumentNode) -> ErrorTable? {
    KnownMembers("an error table", ["wechatpay", "gateway"]).check(root, loader)
    guard let rules = root["wechatpay"], rules.value.arrayValue != nil else {
      loader.report(root, "has no list wechatpay", remedy: "Add the rows for WeChat Pay's errors.")
      return nil
    }
    guard let gateway = root["gateway"], gateway.value.objectValue != nil else {
      loader.report(
        root, "has no mapping gateway", remedy: "Add the rows of the gateway's own codes.")
      return nil
    }
    let read = rules.items.compactMap(readRule)
    checkComplete(read, rules)
    let rows = readGateway(gateway)
    guard let internalError = rows["INTERNAL"] else { return nil }
    return ErrorTable(rules: read, gateway: rows, internalError: internalError)
  }

  private func readGateway(_ node: DocumentNode) -> [String: ErrorRow] {
    var rows: [String: ErrorRow] = [:]
    for (code, member) in node.members {
      guard ErrorTable.gatewayCodes.contains(code) else {
        loader.report(
          member, "is not a code of the gateway", remedy: "Remove it; the set is closed.")
        continue
      }
      KnownMembers("a row", ["status", "retryable", "outcome", "action", "title", "advice"]).check(
        member, loader)
      rows[code] = readRow(member, status: readStatus(member["status"], in: member), code: code)
    }
    for code in ErrorTable.gatewayCodes where node[code] == nil {
      loader.report(node, "has no row for \(code)", remedy: "Add the row.")
    }
    return rows
  }

  private func readRule(_ node: DocumentNode) -> ErrorTable.Rule? {
    KnownMembers("a row", ["when", "becomes", "retryable", "outcome", "action", "title", "advice"])
      .check(node, loader)
    guard let when = node["when"], let becomes = node["becomes"] else {
      loader.report(
        node, "lacks when or becomes",
        remedy: "Add when: { status, code } and becomes: { status, code }.")
      return nil
    }
    KnownMembers("when", ["status", "code"]).check(when, loader)
    KnownMembers("becomes", ["status", "code"]).check(becomes, loader)
    let statuses = readStatuses(when)
    let keepsStatus = becomes["status"]?.value == "same"
    let keepsCode = becomes["code"]?.value == "same"
    guard let code = readCode(when) else { return nil }
    let status =
      keepsStatus ? statuses.first?.lowerBound : readStatus(becomes["status"], in: becomes)
    // Where WeChat Pay's own code is kept, an answer without one is called what the contract calls
    // it.
    let stated = keepsCode ? "SYSTEM_ERROR" : becomes["code"]?.value.stringValue
    guard let stated, !stated.isEmpty else {
      loader.report(becomes, "has no code", remedy: "Write the code that the caller sees, or same.")
      return nil
    }
    return readRow(node, status: status, code: stated).map {
      ErrorTable.Rule(
        statuses: statuses, code: code, keepsStatus: keepsStatus, keepsCode: keepsCode, row: $0)
    }
  }

  private func readStatuses(_ when: DocumentNode) -> [ClosedRange<Int>] {
    guard let node = when["status"] else {
      loader.report(when, "has no status", remedy: "Write a status, a list of them, 4XX or 5XX.")
      return []
    }
    let items = node.value.arrayValue == nil ? [node] : node.items
    return items.compactMap { item in
      if item.value == "4XX" { return 400...499 }
      if item.value == "5XX" { return 500...599 }
      return readStatus(item, in: when).map { $0...$0 }
    }
  }

  private func readCode(_ when: DocumentNode) -> ErrorTable.Rule.Code? {
    switch when["code"]?.value {
    case .string("any"): return .any
    case .string("none"): return ErrorTable.Rule.Code.none
    case .string(let code) where !code.isEmpty: return .oneOf([code])
    case .array(let items) where !items.isEmpty && items.allSatisfy { $0.stringValue != nil }:
      return .oneOf(items.compactMap(\.stringValue))
    default:
      loader.report(
        when["code"] ?? when, "does not say which code",
        remedy: "Write a code, a list of them, any or none.")
      return nil
    }
  }

  private func readStatus(_ node: DocumentNode?, in row: DocumentNode) -> Int? {
    guard let node, let status = node.value.intValue, (400...599).contains(status) else {
      loader.report(node ?? row, "has no error status", remedy: "Write a status from 400 to 599.")
      return nil
    }
    return status
  }

  private func readRow(_ node: DocumentNode, status: Int?, code: String) -> ErrorRow? {
    let retryable = node["retryable"]?.value.boolValue
    if retryable == nil {
      loader.report(
        node["retryable"] ?? node, "does not say whether it is retryable",
        remedy: "Write true or false.")
    }
    let outcome = node["outcome"]?.value.stringValue.flatMap(ErrorRow.Outcome.init)
    if outcome == nil {
      loader.report(
        node["outcome"] ?? node, "does not say the outcome",
        remedy: "Write not_sent, refused or unknown.")
    }
    let action = node["action"]?.value.stringValue.flatMap(ErrorRow.Action.init)
    if action == nil {
      loader.report(
        node["action"] ?? node, "does not say the action",
        remedy: "Write retry, fix_request, new_request_number or ask_operator.")
    }
    let title = readText(node, "title")
    let advice = readText(node, "advice")
    guard let status, let retryable, let outcome, let action, let title, let advice else {
      return nil
    }
    return ErrorRow(
      status: status, code: code, retryable: retryable, outcome: outcome, action: action,
      title: title, advice: advice)
  }

  private func readText(_ row: DocumentNode, _ name: String) -> LocalizedText? {
    let node = row[name]
    guard let chinese = node?["zh"]?.value.stringValue,
      let english = node?["en"]?.value.stringValue,
      !chinese.isEmpty, !english.isEmpty, node?.members.count == 2
    else {
      loader.report(
        node ?? row, "has no \(name) in both languages", remedy: "Write \(name): { zh: …, en: … }.")
      return nil
    }
    return LocalizedText(chinese: chinese, english: english)
  }

  /// Every error must have a row, and every row must be reachable.
  private func checkComplete(_ rules: [ErrorTable.Rule], _ node: DocumentNode) {
    for status in 400...599 {
      let isComplete =
        rules.contains { $0.fits(status: status, code: nil) }
        && rules.contains { $0.fits(status: status, code: "\u{0}") }
      guard isComplete else {
        loader.report(
          node, "has no row for \(status) with any code",
          remedy: "End the list with rows for 4XX and 5XX, each with code: any.")
        break
      }
    }
    for (index, rule) in rules.enumerated() {
      guard case .oneOf(let codes) = rule.code, let status = rule.statuses.first?.lowerBound else {
        continue
      }
      for code in codes
      where rules[..<index].contains(where: { $0.fits(status: status, code: code) }) {
        loader.report(
          node, "has a row for \(status) \(code) behind one that fits already",
          remedy: "Remove one of them, or put the more special one first.")
      }
    }
  }
}
