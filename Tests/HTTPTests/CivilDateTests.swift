// SPDX-License-Identifier: Apache-2.0
import HTTP
import Testing

@Suite("Days of the calendar")
struct CivilDateTests {
  @Test(
    "known days, both ways",
    arguments: [
      (0, CivilDate(year: 1970, month: 1, day: 1)),
      (-1, CivilDate(year: 1969, month: 12, day: 31)),
      (11_016, CivilDate(year: 2000, month: 2, day: 29)),
      (19_782, CivilDate(year: 2024, month: 2, day: 29)),
      (47_541, CivilDate(year: 2100, month: 3, day: 1)),
      (-719_468, CivilDate(year: 0, month: 3, day: 1)),
      (-719_469, CivilDate(year: 0, month: 2, day: 29)),
    ])
  func known(days: Int, date: CivilDate) {
    #expect(CivilDate(daysSince1970: days) == date)
    #expect(date.daysSince1970 == days)
  }

  @Test("every day from the year -400 to 2800 has its way back")
  func roundTrip() {
    let broken = (-865_565..<303_500).first {
      CivilDate(daysSince1970: $0).daysSince1970 != $0
    }
    #expect(broken == nil)
  }
}
