// SPDX-License-Identifier: Apache-2.0

/// The names in `\p{…}`: ECMA-262, tables 67 to 70, turned into those of PCRE2.
enum UnicodeProperty {
  /// The name for PCRE2; `nil` when ECMA-262 does not know `name`. Whether a script exists is left
  /// to PCRE2.
  static func pcreName(of name: String) -> String? {
    let parts = name.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
    guard parts.allSatisfy({ $0.utf8.allSatisfy(isNameByte) && !$0.isEmpty }) else { return nil }
    if parts.count == 1 { return categories[name] ?? (binary.contains(name) ? name : nil) }
    guard parts.count == 2 else { return nil }
    switch parts[0] {
    case "General_Category", "gc": return categories[parts[1]]
    case "Script", "sc": return "sc:" + parts[1]
    case "Script_Extensions", "scx": return "scx:" + parts[1]
    default: return nil
    }
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  /// General categories by every name that ECMA-262 gives them.
  private static let categories: [String: String] = {
    let rows = """
      LC Cased_Letter L&|Pe Close_Punctuation|Pc Connector_Punctuation|Cc Control cntrl
      Sc Currency_Symbol|Pd Dash_Punctuation|Nd Decimal_Number digit|Me Enclosing_Mark
      Pf Final_Punctuation|Cf Format|Pi Initial_Punctuation|L Letter|Nl Letter_Number
      Zl Line_Separator|Ll Lowercase_Letter|M Mark Combining_Mark|Sm Math_Symbol
      Lm Modifier_Letter|Sk Modifier_Symbol|Mn Nonspacing_Mark|N Number|Ps Open_Punctuation
      C Other|Lo Other_Letter|No Other_Number|Po Other_Punctuation|So Other_Symbol
      Zp Paragraph_Separator|Co Private_Use|P Punctuation punct|Z Separator|Zs Space_Separator
      Mc Spacing_Mark|Cs Surrogate|S Symbol|Lt Titlecase_Letter|Cn Unassigned
      Lu Uppercase_Letter
      """
    var table: [String: String] = [:]
    for row in rows.split(whereSeparator: { $0 == "|" || $0 == "\n" }) {
      let names = row.split(separator: " ").map(String.init)
      for name in names where name != "L&" { table[name] = names[0] == "LC" ? "L&" : names[0] }
    }
    return table
  }()

  /// Binary properties, which have the same names in PCRE2.
  private static let binary = Set(
    """
    Any ASCII ASCII_Hex_Digit AHex Alphabetic Alpha Bidi_Control Bidi_C Bidi_Mirrored Bidi_M
    Case_Ignorable CI Cased Changes_When_Casefolded CWCF Changes_When_Casemapped CWCM
    Changes_When_Lowercased CWL Changes_When_Titlecased CWT Changes_When_Uppercased CWU Dash
    Default_Ignorable_Code_Point DI Deprecated Dep Diacritic Dia Emoji Emoji_Component EComp
    Emoji_Modifier EMod Emoji_Modifier_Base EBase Emoji_Presentation EPres
    Extended_Pictographic ExtPict Extender Ext Grapheme_Base Gr_Base Grapheme_Extend Gr_Ext
    Hex_Digit Hex IDS_Binary_Operator IDSB IDS_Trinary_Operator IDST ID_Continue IDC ID_Start
    IDS Ideographic Ideo Join_Control Join_C Logical_Order_Exception LOE Lowercase Lower Math
    Noncharacter_Code_Point NChar Pattern_Syntax Pat_Syn Pattern_White_Space Pat_WS
    Quotation_Mark QMark Radical Regional_Indicator RI Sentence_Terminal STerm Soft_Dotted SD
    Terminal_Punctuation Term Unified_Ideograph UIdeo Uppercase Upper Variation_Selector VS
    White_Space space XID_Continue XIDC XID_Start XIDS
    """.split(whereSeparator: \.isWhitespace).map(String.init))
}
