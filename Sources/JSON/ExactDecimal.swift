// SPDX-License-Identifier: Apache-2.0

/// The exact value of a JSON number, normalized: `digits` as an integer times ten to `exponent`.
struct ExactDecimal: Hashable {
  let isNegative: Bool
  /// 0 to 9 each, without leading or trailing zeros; empty for zero, whose exponent is 0.
  let digits: [UInt8]
  let exponent: Int

  var isZero: Bool { digits.isEmpty }

  /// Takes a text that is a number by RFC 8259 and whose exponent fits an `Int`.
  init(_ text: String) {
    var digits: [UInt8] = []
    var exponent = 0
    var isNegative = false
    var seenPoint = false
    var bytes = text.utf8[...]
    if bytes.first == UInt8(ascii: "-") {
      isNegative = true
      bytes = bytes.dropFirst()
    }
    for (index, byte) in zip(bytes.indices, bytes) {
      if byte == UInt8(ascii: ".") {
        seenPoint = true
      } else if byte | 0x20 == UInt8(ascii: "e") {
        exponent += Int(text[bytes.index(after: index)...]) ?? 0
        break
      } else {
        if seenPoint { exponent -= 1 }
        if byte != UInt8(ascii: "0") || !digits.isEmpty { digits.append(byte - 0x30) }
      }
    }
    while digits.last == 0 {
      digits.removeLast()
      exponent += 1
    }
    self.digits = digits
    self.exponent = digits.isEmpty ? 0 : exponent
    self.isNegative = isNegative && !digits.isEmpty
  }

  /// How many digits stand before the point; negative when zeros follow it.
  var pointPosition: Int { digits.count + exponent }
}

extension ExactDecimal: Comparable {
  static func < (a: ExactDecimal, b: ExactDecimal) -> Bool {
    if a.isZero || b.isZero { return a.isZero ? !b.isNegative && !b.isZero : a.isNegative }
    if a.isNegative != b.isNegative { return a.isNegative }
    return a.isNegative ? b.isSmallerInSize(than: a) : a.isSmallerInSize(than: b)
  }

  /// Both are not zero.
  private func isSmallerInSize(than other: ExactDecimal) -> Bool {
    if pointPosition != other.pointPosition { return pointPosition < other.pointPosition }
    return digits.lexicographicallyPrecedes(other.digits)
  }
}

extension ExactDecimal {
  /// Whether `self / divisor` is an integer. `false` when `divisor` is zero.
  func isMultiple(of divisor: ExactDecimal) -> Bool {
    guard !divisor.isZero else { return false }
    guard !isZero else { return true }
    // Below zero, ten would have to divide our digits, whose last is not zero.
    let zeros = exponent - divisor.exponent
    guard zeros >= 0 else { return false }
    // The divisor's factors 2 and 5, fewer than four for each of its digits, are all that further
    // zeros can divide: beyond that they change nothing, so an exponent of millions costs nothing.
    let usefulZeros = min(zeros, 4 * divisor.digits.count)
    if divisor.digits.count <= 37 {
      let modulus = divisor.digits.reduce(0 as UInt128) { $0 * 10 + UInt128($1) }
      var rest = digits.reduce(0 as UInt128) { ($0 * 10 + UInt128($1)) % modulus }
      for _ in 0..<usefulZeros where rest != 0 { rest = rest * 10 % modulus }
      return rest == 0
    }
    var rest = LongRemainder(modulus: divisor.digits)
    for digit in digits { rest.append(digit) }
    for _ in 0..<usefulZeros { rest.append(0) }
    return rest.isZero
  }
}

/// Schoolbook long division that keeps the rest only, for divisors beyond 128 bits.
private struct LongRemainder {
  private let modulus: [UInt8]
  /// One digit longer than `modulus`, most significant first.
  private var rest: [UInt8]

  init(modulus: [UInt8]) {
    self.modulus = [0] + modulus
    rest = Array(repeating: 0, count: modulus.count + 1)
  }

  var isZero: Bool { rest.allSatisfy { $0 == 0 } }

  mutating func append(_ digit: UInt8) {
    rest.removeFirst()
    rest.append(digit)
    while !rest.lexicographicallyPrecedes(modulus) { subtract() }
  }

  private mutating func subtract() {
    var borrow: UInt8 = 0
    for index in rest.indices.reversed() {
      let taken = modulus[index] + borrow
      borrow = rest[index] < taken ? 1 : 0
      rest[index] = rest[index] &+ (borrow == 1 ? 10 : 0) &- taken
    }
  }
}
