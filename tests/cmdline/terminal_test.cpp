// SPDX-License-Identifier: Apache-2.0
#include "cmdline/terminal.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace alveus::cmdline {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// The far end of what a StandardTerminal writes to: a pipe, or a pseudo terminal of a given size.
class Screen {
 public:
  static Screen pipe() {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    return Screen(ends[0], ends[1]);
  }
  static Screen terminal(unsigned short columns, unsigned short rows) {
    const int far = ::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    EXPECT_EQ(::grantpt(far), 0);
    EXPECT_EQ(::unlockpt(far), 0);
    const int near = ::open(::ptsname(far), O_RDWR | O_NOCTTY | O_CLOEXEC);
    termios settings{};
    ::tcgetattr(near, &settings);
    ::cfmakeraw(&settings);
    ::tcsetattr(near, TCSANOW, &settings);
    const winsize size{.ws_row = rows, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
    ::ioctl(near, TIOCSWINSZ, &size);
    return Screen(far, near);
  }
  ~Screen() {
    ::close(far_);
    ::close(near_);
  }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  int descriptor() const { return near_; }
  void resize(unsigned short columns, unsigned short rows) const {
    const winsize size{.ws_row = rows, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
    ::ioctl(near_, TIOCSWINSZ, &size);
  }
  /// All that was written since the last call.
  std::string take() const {
    std::string text;
    char piece[4096];
    while (true) {
      const ssize_t count = ::read(far_, piece, sizeof piece);
      if (count <= 0) return text;
      text.append(piece, static_cast<std::size_t>(count));
    }
  }

 private:
  Screen(int far, int near) : far_(far), near_(near) {}
  int far_;
  int near_;
};

class TerminalTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("TERM", "xterm", 1);
    ::unsetenv("NO_COLOR");
  }
  const core::Error error_{.code = core::ErrorCode::kNotFound, .message = "no file", .where = "a:1", .context = {}};
};

TEST_F(TerminalTest, KeepsResultsAndMessagesApart) {
  const Screen out = Screen::pipe();
  const Screen err = Screen::pipe();
  StandardTerminal terminal(out.descriptor(), err.descriptor());
  terminal.result("{}");
  terminal.message("done");
  terminal.warning("old format");
  terminal.error(error_);
  terminal.status("50 %");
  EXPECT_EQ(out.take(), "{}");
  EXPECT_EQ(err.take(), "done\nwarning: old format\nerror: a:1: no file\n");
  EXPECT_FALSE(terminal.interactive());
  EXPECT_EQ(terminal.display().columns, 80);
}

TEST_F(TerminalTest, QuietDropsMessagesButNoWarningsOrErrors) {
  const Screen err = Screen::terminal(80, 24);
  StandardTerminal terminal(err.descriptor(), err.descriptor());
  terminal.set_quiet(true);
  terminal.message("done");
  terminal.status("50 %");
  EXPECT_EQ(err.take(), "");
  terminal.warning("w");
  terminal.error(error_);
  EXPECT_THAT(err.take(), HasSubstr("no file"));
}

TEST_F(TerminalTest, ColoursOnATerminalUnlessAskedNotTo) {
  const Screen err = Screen::terminal(80, 24);
  StandardTerminal(err.descriptor(), err.descriptor()).error(error_);
  EXPECT_EQ(err.take(), "\x1b[1;31merror:\x1b[0m a:1: no file\n");
  ::setenv("NO_COLOR", "1", 1);
  StandardTerminal(err.descriptor(), err.descriptor()).error(error_);
  EXPECT_EQ(err.take(), "error: a:1: no file\n");
  ::setenv("TERM", "dumb", 1);
  EXPECT_FALSE(StandardTerminal(err.descriptor(), err.descriptor()).interactive());
}

TEST_F(TerminalTest, RedrawsStatusBelowMessages) {
  const Screen err = Screen::terminal(80, 24);
  StandardTerminal terminal(err.descriptor(), err.descriptor());
  terminal.status("one\ntwo\n");
  EXPECT_EQ(err.take(), "one\ntwo");
  terminal.status("one\ntwo");
  EXPECT_EQ(err.take(), "");  // the same: nothing is drawn
  terminal.message("hello");
  EXPECT_EQ(err.take(), "\r\x1b[1A\x1b[Jhello\none\ntwo");
  terminal.status("three");
  EXPECT_EQ(err.take(), "\r\x1b[1Athree\x1b[K\x1b[J");
  terminal.clear_status();
  EXPECT_EQ(err.take(), "\r\x1b[J");
}

TEST_F(TerminalTest, RemovesStatusAtTheEnd) {
  const Screen err = Screen::terminal(80, 24);
  {
    StandardTerminal(err.descriptor(), err.descriptor()).status("50 %");
  }
  EXPECT_EQ(err.take(), "50 %\r\x1b[J");
}

TEST_F(TerminalTest, CutsStatusToTheScreen) {
  const Screen err = Screen::terminal(6, 3);
  StandardTerminal terminal(err.descriptor(), err.descriptor());
  EXPECT_EQ(terminal.display().columns, 6);
  terminal.status("gone\n\x1b[1mäbcdefgh\x1b[0m\nlast");
  EXPECT_EQ(err.take(), "\x1b[1mäbcde\x1b[0m\nlast");
}

TEST_F(TerminalTest, FindsTheFirstStatusLineAlsoWhenTheTerminalBecameNarrower) {
  const Screen err = Screen::terminal(20, 24);
  StandardTerminal terminal(err.descriptor(), err.descriptor());
  terminal.status("0123456789\n\x1b[1m01234567\x1b[0m\nab");
  err.take();
  err.resize(5, 24);
  terminal.clear_status();
  EXPECT_EQ(err.take(), "\r\x1b[4A\x1b[J") << "two rows, two rows, one";
}

TEST_F(TerminalTest, DrawsStatusBelowWhatOthersWrote) {
  const Screen err = Screen::terminal(20, 24);
  StandardTerminal terminal(err.descriptor(), err.descriptor());
  terminal.status("50 %");
  err.take();
  terminal.forget_status();
  terminal.status("60 %");
  EXPECT_EQ(err.take(), "\n60 %") << "the old line stays";
}

TEST_F(TerminalTest, TellsWhetherTheLocaleHasSignsBeyondAscii) {
  const Screen err = Screen::terminal(20, 24);
  const auto unicode = [&] { return StandardTerminal(err.descriptor(), err.descriptor()).display().unicode; };
  ::unsetenv("LC_ALL");
  ::unsetenv("LC_CTYPE");
  ::setenv("LANG", "de_DE.UTF-8", 1);
  EXPECT_TRUE(unicode());
  ::setenv("LC_CTYPE", "C.utf8", 1);
  EXPECT_TRUE(unicode());
  ::setenv("LC_ALL", "C", 1);
  EXPECT_FALSE(unicode());
  ::unsetenv("LC_ALL");
  ::unsetenv("LC_CTYPE");
  ::unsetenv("LANG");
  EXPECT_FALSE(unicode());
}

TEST_F(TerminalTest, ReportsResultsThatCannotBeWritten) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  const Screen err = Screen::pipe();
  StandardTerminal terminal(full, err.descriptor());
  EXPECT_TRUE(terminal.result_status());
  terminal.result("x");
  ASSERT_FALSE(terminal.result_status());
  EXPECT_EQ(terminal.result_status().error().code, core::ErrorCode::kUnavailable);
  ::close(full);
}

TEST_F(TerminalTest, LinesOfSeveralThreadsStayWhole) {
  const Screen err = Screen::pipe();
  StandardTerminal terminal(err.descriptor(), err.descriptor());
  {
    std::vector<std::jthread> threads;
    for (int index = 0; index < 4; ++index) {
      threads.emplace_back([&] {
        for (int line = 0; line < 100; ++line) terminal.message("0123456789");
      });
    }
  }
  std::string expected;
  for (int line = 0; line < 400; ++line) expected += "0123456789\n";
  EXPECT_EQ(err.take(), expected);
}

}  // namespace
}  // namespace alveus::cmdline
