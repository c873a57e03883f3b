// SPDX-License-Identifier: Apache-2.0
internal import HTTP

extension GatewaySettings {
  /// Reads a configuration that is going to be used.
  ///
  /// - Parameters:
  ///   - path: of gateway.conf.
  ///   - environment: where `env:NAME` is looked up.
  /// - Throws: every mistake, when there is any.
  package static func load(
    path: String, environment: Environment = .process
  ) throws(SettingsMistakes) -> GatewaySettings {
    let reading = read(path: path, environment: environment)
    guard reading.mistakes.isEmpty, let settings = reading.settings else {
      throw SettingsMistakes(reading.mistakes)
    }
    return settings
  }

  /// Reads as much of a configuration as can be read, with all its mistakes, so that `check` can go
  /// on to what it names.
  package static func read(
    path: String, environment: Environment = .process
  ) -> SettingsReading {
    do {
      return read(try FileContents(path: path).bytes, path: path, environment: environment)
    } catch {
      let mistake = Mistake(file: path, message: error.message, remedy: "name it with --config")
      return SettingsReading(settings: nil, mistakes: [mistake], warnings: [])
    }
  }

  /// As `read(path:environment:)`, from a text that stands for the file at `path`.
  package static func read(
    _ text: [UInt8], path: String, environment: Environment
  ) -> SettingsReading {
    let findings = Findings(file: path, environment: environment)
    var settings: GatewaySettings?
    do {
      settings = GatewaySettings(try TOMLNode.parse(text), findings: findings)
    } catch {
      findings.mistake("", at: error.place, error.message, remedy: "correct the TOML there")
    }
    return SettingsReading(
      settings: settings, mistakes: inOrder(findings.mistakes), warnings: inOrder(findings.warnings)
    )
  }

  /// Stable, by place; those without one come first.
  private static func inOrder(_ mistakes: [Mistake]) -> [Mistake] {
    mistakes.enumerated().sorted { a, b in
      (a.element.line ?? 0, a.element.column ?? 0, a.offset)
        < (b.element.line ?? 0, b.element.column ?? 0, b.offset)
    }.map(\.element)
  }
}

extension GatewaySettings {
  /// Each name at the top level stands for a table; none holds a value of its own.
  private static let root = SectionDefinition("", "", keys: [])
  private static let tables = [
    "server", "admin", "log", "api", "upstream", "store", "process", "pkcs11", "policies",
    "merchant", "caller",
  ]

  fileprivate init(_ node: TOMLNode, findings: Findings) {
    let root = SectionReader(node, at: "", Self.root, subtables: Self.tables, findings: findings)
    func table(_ section: SectionDefinition) -> SectionReader {
      SectionReader(root.node(section.path), at: section.path, section, findings: findings)
    }
    file = findings.file
    server = ServerSettings(table(ServerSettings.section))
    admin = AdminSettings(table(AdminSettings.section))
    log = LogSettings(table(LogSettings.section))
    api = APISettings(table(APISettings.section))
    upstream = UpstreamSettings(table(UpstreamSettings.section))
    store = StoreSettings(table(StoreSettings.section))
    process = ProcessSettings(table(ProcessSettings.section))
    pkcs11 = PKCS11Settings(table(PKCS11Settings.section))
    let policies = PoliciesSettings(root.node("policies"), findings: findings)
    self.policies = policies

    let merchantTables = root.repeated(MerchantSettings.section)
    let writtenMerchants = merchantTables.map {
      MerchantSettings($0, limit: policies.rateLimit.limit)
    }
    merchants = writtenMerchants.compactMap(\.self)
    if pkcs11.module == nil {
      for table in merchantTables where table.text("private_key")?.hasPrefix("pkcs11:") == true {
        findings.mistake(
          table.keyPath("private_key"), at: table.place(of: "private_key"),
          "is in a token, but no library leads to it",
          remedy: "write module = \"PATH\" into [pkcs11]")
      }
    }
    let ids = merchantTables.map { $0.text("id") }
    findings.reportRepeats(of: "id", in: merchantTables)
    if root.node("merchant") == nil {
      findings.mistake(
        "merchant", at: nil, "no merchant is configured", remedy: "add a [[merchant]]")
    }

    let callerTables = root.repeated(CallerSettings.section)
    let known = ids.contains(nil) ? nil : ids.compactMap(\.self)
    callers = callerTables.compactMap { CallerSettings($0, merchantIDs: known) }
    findings.reportRepeats(of: "name", in: callerTables)
    for key in ["token", "certificates", "users"] {
      findings.reportRepeats(of: key, in: callerTables)
    }

    values = findings.values
    positions = [:]
    nameValues(merchantTables.map { ($0.path, $0.text("id").map { "merchant.\($0)" }) })
    nameValues(callerTables.map { ($0.path, $0.text("name").map { "caller.\($0)" }) })
    positions = Dictionary(zip(values.map(\.name), values.indices)) { first, _ in first }
    checkTimes(findings)
    checkListeners(root, findings, hasCallers: !callerTables.isEmpty)
    checkRecognition(callerTables, findings)
  }

  /// Names the values of repeated tables by what identifies each table instead of its position.
  private mutating func nameValues(_ tables: [(path: String, name: String?)]) {
    let names = Dictionary(tables.map { ($0.path, $0.name) }) { first, _ in first }
    values = values.map { value in
      guard let end = value.keyPath.firstIndex(of: "]"),
        let name = names[String(value.keyPath[...end])] ?? nil
      else { return value }
      return value.named(name + value.keyPath[value.keyPath.index(after: end)...])
    }
  }

  /// Times that cannot be used up, because another one ends first.
  private func checkTimes(_ findings: Findings) {
    for (name, duration, limitName, limit) in [
      ("upstream.connect_timeout", upstream.connectTimeout, "upstream.timeout", upstream.timeout),
      ("upstream.timeout", upstream.timeout, "server.request_timeout", server.requestTimeout),
    ] where duration > limit {
      let place = value(name).flatMap { value in
        value.line.map { Place(line: $0, column: value.column ?? 1) }
      }
      findings.warning(
        name, at: place,
        "is \"\(DurationText.write(duration))\", but \(limitName) ends it after "
          + "\"\(DurationText.write(limit))\"", remedy: "shorten it, or lengthen \(limitName)")
    }
  }

  /// What nobody can show recognizes nobody.
  private func checkRecognition(_ callers: [SectionReader], _ findings: Findings) {
    for caller in callers {
      if caller.node("certificates") != nil, server.tls?.clientCA == nil {
        findings.warning(
          caller.keyPath("certificates"), at: caller.place(of: "certificates"),
          "is written, but callers are not asked for certificates",
          remedy: "write client_ca into server.tls, or remove it")
      }
      if caller.node("users") != nil, server.listen.port != nil {
        findings.warning(
          caller.keyPath("users"), at: caller.place(of: "users"),
          "is written, but only who connects to a unix socket can be recognized by its user",
          remedy: "write listen = \"unix:PATH\" into [server], or remove it")
      }
    }
  }

  /// What must hold between `server`, `admin`, the chain and the callers.
  private func checkListeners(_ root: SectionReader, _ findings: Findings, hasCallers: Bool) {
    func place(_ table: String, _ key: String) -> Place? {
      root.node(table).flatMap { node in
        guard case .table(let entries) = node.value else { return nil }
        return entries.first { $0.name == key }?.node.place ?? node.place
      }
    }
    let listenPlace = place("server", "listen")
    let isChecked = policies.chain.contains(.authenticate)
    if !server.listen.isLocal, !hasCallers {
      findings.mistake(
        "server.listen", at: listenPlace,
        "is \(server.listen), which others can reach, but there is no [[caller]]",
        remedy: "add a [[caller]], or listen on 127.0.0.1, [::1] or a unix socket")
    } else if !server.listen.isLocal, !isChecked {
      findings.mistake(
        "policies.chain", at: place("policies", "chain"),
        "has no \"authenticate\", but others can reach \(server.listen)",
        remedy: "add \"authenticate\", or listen on 127.0.0.1, [::1] or a unix socket")
    } else if hasCallers, !isChecked || policies.authenticate.mode == .observe {
      findings.warning(
        "policies", at: place("policies", isChecked ? "authenticate" : "chain"),
        "callers are configured but not refused: everyone who can connect may call",
        remedy: isChecked
          ? "write mode = \"enforce\" in [policies.authenticate]" : "add \"authenticate\" to chain")
    }
    if !server.listen.isLocal, server.tls == nil {
      findings.warning(
        "server.listen", at: listenPlace,
        "is \(server.listen), and tokens cross the network without encryption",
        remedy: "write tls into [server], or listen behind a proxy of this machine")
    }
    if admin.listen == server.listen, server.listen.port != 0 {
      findings.mistake(
        "admin.listen", at: place("admin", "listen") ?? listenPlace,
        "is \(admin.listen), which is also server.listen", remedy: "choose another port")
    }
  }
}

extension SectionReader {
  /// The tables of an array of tables, each at its index.
  fileprivate func repeated(_ section: SectionDefinition) -> [SectionReader] {
    guard let node = node(section.path) else { return [] }
    guard case .array(let tables) = node.value else {
      findings.mistake(
        section.path, at: node.place, "is \(node.typeInWords); it must be an array of tables",
        remedy: "write [[\(section.path)]]")
      return []
    }
    return tables.enumerated().map { index, table in
      SectionReader(table, at: "\(section.path)[\(index)]", section, findings: findings)
    }
  }

  /// A string as it is written, whether or not it is valid.
  fileprivate func text(_ name: String) -> String? {
    guard case .string(let text) = node(name)?.value else { return nil }
    return text
  }

  /// A string or a number, or each of a list of them, as it is written.
  fileprivate func texts(_ name: String) -> [String] {
    func text(_ node: TOMLNode) -> String? {
      switch node.value {
      case .string(let text): text
      case .integer(let number): "\(number)"
      default: nil
      }
    }
    guard let node = node(name) else { return [] }
    if case .array(let elements) = node.value { return elements.compactMap(text) }
    return [text(node)].compactMap(\.self)
  }
}

extension Findings {
  /// Reports every table whose value for `name`, or one of whose values, an earlier one has too. The value is not quoted: it
  /// may be a token's.
  fileprivate func reportRepeats(of name: String, in tables: [SectionReader]) {
    var first: [String: SectionReader] = [:]
    for table in tables {
      for text in table.texts(name) {
        guard let earlier = first[text] else {
          first[text] = table
          continue
        }
        let line = earlier.place.map { " in line \($0.line)" } ?? ""
        mistake(
          table.keyPath(name), at: table.place(of: name),
          "is the same as in \(earlier.path)\(line)", remedy: "give each its own")
      }
    }
  }
}
