// What the machine can do at most, on one core: limits Y.f64 N FILE
//
// The numbers are those of the measurements: x as an integer, y as the shortest text of a double, in rows "[x,y],".
//   format     std::to_chars of all of them, block by block, into memory that is written over
//   write      as many bytes as that gave, in blocks of 1 MiB, to FILE; and again with fsync
//   parse      std::from_chars of all of them (integers as integers)
//   append     1000 rows formatted and written with one write at the end of FILE
//   copy       memcpy of 256 MiB
// Prints seconds (copy: bytes a second).
#include "clock.h"
#include "statistics.h"
#include "walk.h"

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <vector>

namespace {

constexpr std::size_t BLOCK = std::size_t{1} << 20, ROW_ROOM = 64, ROWS_APPENDED = 1000, APPENDS = 101;

[[noreturn]] void fail(const char *what) {
  std::perror(what);
  std::exit(1);
}

std::vector<double> read_walk(const char *path, std::size_t count) {
  std::vector<double> numbers(count);
  std::FILE *file = std::fopen(path, "rb");
  if (!file || std::fread(numbers.data(), sizeof(double), count, file) != count)
    fail(path);
  std::fclose(file);
  return numbers;
}

char *write_row(char *to, std::int64_t x, double y) {
  *to++ = '[';
  to = std::to_chars(to, to + ROW_ROOM, x).ptr;
  *to++ = ',';
  to = std::to_chars(to, to + ROW_ROOM, y).ptr;
  *to++ = ']';
  *to++ = ',';
  return to;
}

// Formats all rows into `block` again and again; the bytes of all of them.
std::size_t format(const std::vector<double> &y, std::vector<char> &block) {
  std::size_t bytes = 0;
  char *to = block.data();
  const char *full = block.data() + block.size() - ROW_ROOM;
  for (std::size_t i = 0; i < y.size(); i++) {
    to = write_row(to, static_cast<std::int64_t>(walk_x(static_cast<double>(i))), y[i]);
    if (to >= full || i + 1 == y.size()) {
      bytes += static_cast<std::size_t>(to - block.data());
      to = block.data();
    }
  }
  return bytes;
}

// The seconds that from_chars takes for all rows: each block is formatted outside of the clock.
double parse(const std::vector<double> &y, std::vector<char> &block) {
  double seconds = 0, sum = 0;
  std::size_t rows = BLOCK / ROW_ROOM;
  for (std::size_t first = 0; first < y.size(); first += rows) {
    std::size_t last = first + rows < y.size() ? first + rows : y.size();
    char *end = block.data();
    for (std::size_t i = first; i < last; i++)
      end = write_row(end, static_cast<std::int64_t>(walk_x(static_cast<double>(i))), y[i]);
    double start = clock_now();
    for (const char *at = block.data(); at < end;) {
      std::int64_t x = 0;
      double value = 0;
      at = std::from_chars(at + 1, end, x).ptr;
      at = std::from_chars(at + 1, end, value).ptr + 2;
      sum += value + static_cast<double>(x);
    }
    seconds += clock_now() - start;
  }
  volatile double used = sum;
  (void)used;
  return seconds;
}

int open_new(const char *path) {
  ::unlink(path);
  int file = ::open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0)
    fail(path);
  return file;
}

void write_all(int file, const char *bytes, std::size_t length) {
  while (length > 0) {
    ssize_t written = ::write(file, bytes, length);
    if (written <= 0)
      fail("write");
    bytes += written;
    length -= static_cast<std::size_t>(written);
  }
}

double write_file(const char *path, const std::vector<char> &block, std::size_t bytes, bool sync) {
  int file = open_new(path);
  double start = clock_now();
  for (std::size_t left = bytes; left > 0;) {
    std::size_t piece = left < BLOCK ? left : BLOCK;
    write_all(file, block.data(), piece);
    left -= piece;
  }
  if (sync && ::fsync(file) != 0)
    fail("fsync");
  double seconds = clock_now() - start;
  ::close(file);
  ::unlink(path);
  return seconds;
}

// The shortest of three: a limit is what the machine can do undisturbed. Large files are written once, they last.
double write_best(const char *path, const std::vector<char> &block, std::size_t bytes, bool sync) {
  double best = write_file(path, block, bytes, sync);
  for (int i = 0; i < 2 && bytes < (std::size_t{1} << 30); i++) {
    double seconds = write_file(path, block, bytes, sync);
    best = seconds < best ? seconds : best;
  }
  return best;
}

double append(const char *path, const std::vector<double> &y, std::vector<char> &block) {
  double times[APPENDS];
  int file = open_new(path);
  std::size_t row = 0;
  for (double &seconds : times) {
    double start = clock_now();
    char *to = block.data();
    for (std::size_t i = 0; i < ROWS_APPENDED; i++, row++)
      to = write_row(to, static_cast<std::int64_t>(walk_x(static_cast<double>(row))), y[row % y.size()]);
    write_all(file, block.data(), static_cast<std::size_t>(to - block.data()));
    seconds = clock_now() - start;
  }
  ::close(file);
  ::unlink(path);
  statistics_sort(times, APPENDS);
  return statistics_at(times, APPENDS, 0.5);
}

double copy() {
  std::vector<char> from(256 * BLOCK, 1), to(256 * BLOCK, 2);
  double times[5];
  for (double &seconds : times) {
    double start = clock_now();
    std::memcpy(to.data(), from.data(), from.size());
    seconds = clock_now() - start;
    from[to[from.size() / 2] & 7]++; // so that no copy may be left out
  }
  statistics_sort(times, 5);
  return static_cast<double>(from.size()) / statistics_at(times, 5, 0.5);
}

} // namespace

int main(int count, char **words) {
  if (count != 4)
    return 2;
  std::vector<double> y = read_walk(words[1], static_cast<std::size_t>(std::strtod(words[2], nullptr)));
  std::vector<char> block(BLOCK + ROW_ROOM, 'x');
  double start = clock_now();
  std::size_t bytes = format(y, block);
  double format_seconds = clock_now() - start;
  double write_seconds = write_best(words[3], block, bytes, false);
  double sync_seconds = write_best(words[3], block, bytes, true);
  std::printf("{\"bytes\":%zu,\"format\":%.6f,\"write\":%.6f,\"write_fsync\":%.6f,\"parse\":%.6f,\"append\":%.9f,"
              "\"copy\":%.0f}\n",
              bytes, format_seconds, write_seconds, sync_seconds, parse(y, block), append(words[3], y, block), copy());
  return 0;
}
