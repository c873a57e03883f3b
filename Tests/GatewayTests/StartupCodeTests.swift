// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Gateway

@Suite("Code that only a start needs")
struct StartupCodeTests {
  @Test(
    "pages of code of a file are let go, and nothing that could have been written to",
    arguments: [
      ("55d0a1000000-55d0a1200000 r-xp 00001000 fe:00 1234                  /usr/bin/x\n", true),
      ("7f00a1000000-7f00a1200000 r-xp 00001000 fe:00 1234   /usr/lib/a name.so (deleted)\n", true),
      ("55d0a1000000-55d0a1200000 r--p 00001000 fe:00 1234                  /usr/bin/x\n", false),
      ("55d0a1000000-55d0a1200000 rw-p 00001000 fe:00 1234                  /usr/bin/x\n", false),
      ("55d0a1000000-55d0a1200000 rwxp 00001000 fe:00 1234                  /usr/bin/x\n", false),
      ("7f00a1000000-7f00a1200000 rwxp 00000000 00:00 0 \n", false),
      ("7f00a1000000-7f00a1200000 r-xp 00000000 00:00 0 \n", false),
      ("7ffd52be0000-7ffd52be2000 r-xp 00000000 00:00 0                     [vdso]\n", false),
      ("ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0             [vsyscall]\n", false),
      ("x-y r-xp 00000000 fe:00 1 /usr/bin/x\n", false), ("\n", false),
    ])
  func lines(line: String, isCode: Bool) {
    #expect((StartupCode.codeOfAFile(line) != nil) == isCode)
  }

  @Test("addresses are read as they stand")
  func addresses() {
    let line = "55d0a1000000-55d0a1200000 r-xp 00001000 fe:00 1234 /usr/bin/x\n"
    #expect(StartupCode.codeOfAFile(line) == 0x55d0_a100_0000..<0x55d0_a120_0000)
  }

  @Test("the process goes on as before")
  func lettingGo() {
    StartupCode.letGo()
    #expect(StartupCode.codeOfAFile("") == nil)
  }
}
