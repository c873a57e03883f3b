// SPDX-License-Identifier: Apache-2.0
internal import Testing

@testable internal import Simulator

@Suite struct MomentTests {
  @Test(
    "a moment is written in Beijing time as RFC 3339",
    arguments: [
      (1_432_099_775_120, "2015-05-20T13:29:35.120+08:00"),
      (0, "1970-01-01T08:00:00.000+08:00"),
      (951_782_399_999, "2000-02-29T07:59:59.999+08:00"),
      (1_704_038_400_000, "2024-01-01T00:00:00.000+08:00"),
      (-1, "1970-01-01T07:59:59.999+08:00"),
      (4_107_513_599_000, "2100-02-28T23:59:59.000+08:00"),
      (4_107_513_600_000, "2100-03-01T00:00:00.000+08:00"),
    ] as [(Int64, String)])
  func written(milliseconds: Int64, text: String) {
    #expect(Moment(millisecondsSince1970: milliseconds).beijingTimeWithMilliseconds == text)
  }

  @Test("without milliseconds the fraction is left out")
  func short() {
    #expect(
      Moment(millisecondsSince1970: 1_432_099_775_120).beijingTime == "2015-05-20T13:29:35+08:00")
  }
}
