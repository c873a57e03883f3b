// SPDX-License-Identifier: Apache-2.0
internal import Settings

extension ConfigurationReference {
  /// gateway.conf(5) in the macros of mdoc(7).
  func manual(version: String) -> String {
    var lines = [
      #".\" Made by wxpay-gateway reference configuration --format man. Do not edit."#,
      ".Dd $Mdocdate$", ".Dt GATEWAY.CONF 5", ".Os \"wxpay-gateway \(version)\"", ".Sh NAME",
      ".Nm gateway.conf", ".Nd configuration of wxpay-gateway", ".Sh DESCRIPTION",
      Self.introduction.roff, ".Pp", "The tables and their keys:",
    ]
    for table in tables {
      lines += [".Ss \(table.title.roff)", table.section.text.roff, ".Bl -tag -width Ds"]
      for key in table.section.keys {
        lines += [".It Cm \(key.name.roff)", key.text.roff, ".Pp", key.summary.roff]
      }
      lines.append(".El")
    }
    lines += [
      ".Sh FILES", ".Bl -tag -width Ds", ".It Pa /etc/wxpay-gateway/gateway.conf",
      "where the package of the gateway looks for it", ".El", ".Sh SEE ALSO",
      ".Xr wxpay-gateway 1 ,", ".Xr wxpay-simulator 1", "",
    ]
    return lines.joined(separator: "\n")
  }
}

extension KeyDefinition {
  fileprivate var summary: String {
    let standard = defaultText.map { "Default: \($0)." } ?? (isRequired ? "Must be written." : "")
    let restart = needsRestart ? "A change needs a restart." : ""
    return ["Type: \(type).", standard, restart].filter { !$0.isEmpty }.joined(separator: " ")
  }
}

extension String {
  /// As roff text: nothing in it is a request or an escape.
  fileprivate var roff: String {
    replacing("\\", with: "\\e").replacing("`", with: "")
      // A sentence a line: mdoc sets the space between them.
      .replacing(". ", with: ".\n").split(separator: "\n")
      .map { $0.hasPrefix(".") || $0.hasPrefix("'") ? "\\&" + $0 : String($0) }
      .joined(separator: "\n")
  }
}
