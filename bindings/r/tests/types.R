# Every R type on its way into a series file.
Sys.setenv(CHARTS_QUIET = "1")
library(charts)

directory <- tempfile("types")
chart <- plotasync(save = directory, show = "none")

# The bytes of a series' data, and of the whole file without the members that every file has.
file_text <- function(name) {
  file <- file.path(directory, paste0(name, ".json"))
  readChar(file, file.size(file), useBytes = TRUE)
}
data_text <- function(name) sub("\\}$", "", sub("^.*\"data\":", "", file_text(name)))

holds <- function(series, expected, ...) {
  chart$plot(series, "series", ...)
  text <- data_text("series")
  if (!identical(text, expected))
    stop(deparse(substitute(series))[1], ": expected ", expected, ", got ", text)
}
says <- function(...) for (member in c(...)) stopifnot(grepl(member, file_text("series"), fixed = TRUE))

# Numbers
holds(c(1, 2.5, 1e21, -0, 1/3), "[1,2.5,1e+21,-0.0,0.3333333333333333]")
holds(c(1, NA, NaN, Inf, -Inf, 2), "[1,null,null,null,null,2]")
holds(c(1L, NA, -3L), "[1,null,-3]")
holds(7, "[7]")
holds(7L, "[7]")
holds(numeric(0), "[]")
holds(list(), "[]")
holds(as.raw(c(0, 255)), "[0,255]")
holds(c(a = 1, b = 2), "[1,2]")
holds(as.difftime(c(1, 2), units = "hours"), "[1,2]")
holds(structure(c(4.94065645841246544e-324, 0), class = "integer64"), "[1,0]")
holds(structure(readBin(as.raw(c(rep(0, 7), 0x80)), "double"), class = "integer64"), "[null]")
holds(1:3 + 0, "[1,2,3]")
holds(array(1:3), "[1,2,3]")
holds(table(c("p", "q", "q")), "[1,2]")

# Vectors that R computes on demand: short ones, and long ones that are read block by block
holds(1:5, "[1,2,3,4,5]")
holds(1:200000, paste0("[", paste(format(1:200000, scientific = FALSE, trim = TRUE), collapse = ","), "]"))
holds(seq(0.5, 1), "[0.5]")

# Rows, pairs, points
holds(list(1, NULL, 3), "[1,null,3]")
holds(list(1, NA, 3), "[1,null,3]")
holds(c(NA, NA), "[null,null]")
holds(list(data = data.frame(x = 1:2, y = NA)), "[[1,null],[2,null]]")
holds(list(c(1, 2), c(2, NA)), "[[1,2],[2,null]]")
holds(list(list(1, 2), list(2, 3)), "[[1,2],[2,3]]")
holds(list(c(0, 1, 2)), "[[0,1,2]]")
holds(list(c(0, 1, 4, 0, 2), c(1, 2, 5, 1, 3)), "[[0,1,4,0,2],[1,2,5,1,3]]")
holds(list(list("a", 1), list("b", NA_real_)), "[[\"a\",1],[\"b\",null]]")

# Matrices
holds(matrix(c(1, 2, 3)), "[1,2,3]")
holds(matrix(1:6, 3), "[[1,4],[2,5],[3,6]]")
holds(matrix(c(1.5, NA, 3, 4), 2, byrow = TRUE), "[[1.5,null],[3,4]]")
chart$plot(matrix(1:4, 2, dimnames = list(NULL, c("left", "right"))))
stopifnot(data_text("left") == "[1,2]", data_text("right") == "[3,4]")

# Points, attributes, empty things
holds(list(list(x = 1, y = 2, name = "p"), list(y = 3)), "[{\"name\":\"p\",\"x\":1,\"y\":2},{\"y\":3}]")
holds(list(data = 1:2, color = "red", pointStart = as.Date("2020-01-01")), "[1,2]")
says("\"color\":\"red\"", "\"pointStart\":1577836800000", "\"xtype\":\"datetime\"")

# Dates and times
dated <- function(x) list(data = data.frame(x = x, y = seq_along(x)))
days <- as.Date(c("1969-12-31", "2020-02-29"))
holds(dated(days), "[[-86400000,1],[1582934400000,2]]")
storage.mode(days) <- "integer"
holds(dated(days), "[[-86400000,1],[1582934400000,2]]")
says("\"xtype\":\"datetime\"")
stopifnot(!grepl("timezone", file_text("series")))
holds(dated(.POSIXct(c(0, 1.5), "UTC")), "[[0,1],[1500,2]]")
stopifnot(!grepl("timezone", file_text("series")))
holds(dated(.POSIXct(0:1)), "[[0,1],[1000,2]]")
holds(dated(as.POSIXct("2020-06-01 12:00", tz = "Europe/Berlin")), "[[1591005600000,1]]")
says("\"timezone\":\"Europe/Berlin\"")
broken_down <- dated(0)
broken_down$data$x <- as.POSIXlt("2020-06-01 12:00", tz = "Europe/Berlin")
holds(broken_down, "[[1591005600000,1]]")
says("\"timezone\":\"Europe/Berlin\"")
holds(list(data = cbind(c(0, 1), c(5, 6))), "[[0,5],[1000,6]]", time = "s")

# Categories
labels <- factor(c("low", NA, "high"))
holds(list(data = data.frame(labels, y = 1:3)), "[[\"low\",1],[\"\",2],[\"high\",3]]")
holds(list(data = data.frame(x = "only", y = 1)), "[[\"only\",1]]")
holds(list(data = data.frame(x = c("ä", "\u20ac"), y = 1:2)), "[[\"ä\",1],[\"€\",2]]")
latin <- "gr\xfcn"
Encoding(latin) <- "latin1"
holds(list(data = data.frame(x = latin, y = 1)), "[[\"grün\",1]]")

# Data frames: each column a series on the first column of times, or on the named one
chart$plot(data.frame(up = 1:2, when = as.Date("2020-01-01") + 0:1, down = c(2.5, NA)))
stopifnot(
  data_text("up") == "[[1577836800000,1],[1577923200000,2]]",
  data_text("down") == "[[1577836800000,2.5],[1577923200000,null]]"
)
chart$plot(data.frame(step = c(5, 6), value = c(1, 2)), x = "step")
stopifnot(data_text("value") == "[[5,1],[6,2]]")

# Time series
holds(ts(1:2, start = c(2020, 12), frequency = 12), "[[1606780800000,1],[1609459200000,2]]")
holds(ts(c(1.5, 2.5), start = c(1969, 4), frequency = 4), "[[-7948800000,1.5],[0,2.5]]")
holds(ts(1:2, start = 1900), "[[-2208988800000,1],[-2177452800000,2]]")
holds(ts(1:2), "[[1,1],[2,2]]")
holds(ts(1:2, start = 0, deltat = 0.5), "[[0,1],[0.5,2]]")
several <- ts(matrix(1:4, 2, dimnames = list(NULL, c("one", "two"))), start = 2000, frequency = 12)
chart$plot(several)
stopifnot(data_text("two") == "[[946684800000,3],[949363200000,4]]")
chart$plot(list(ts(matrix(1:4, 2, dimnames = list(NULL, c("one", "two"))), deltat = 0.1), list(name = "three", data = 1)))
stopifnot(data_text("one") == "[[1,1],[1.1,2]]", data_text("three") == "[1]")

# What zoo and xts make, without these packages
holds(structure(c(1, 2), index = as.Date("2020-01-01") + 0:1, class = "zoo"), "[[1577836800000,1],[1577923200000,2]]")
holds(structure(1:2, index = structure(c(2020, 2020 + 1 / 12), class = "yearmon"), class = "zoo"),
      "[[1577836800000,1],[1580515200000,2]]")
holds(structure(1:2, index = structure(c(2020, 2020.75), class = "yearqtr"), class = "zoo"),
      "[[1577836800000,1],[1601510400000,2]]")
holds(structure(c(1, 2), index = c(10, 20), class = "zoo"), "[[10,1],[20,2]]")
seconds <- structure(c(0, 60), tzone = "Asia/Tokyo", tclass = c("POSIXct", "POSIXt"))
holds(structure(matrix(c(1, 2)), index = seconds, class = c("xts", "zoo")), "[[0,1],[60000,2]]")
says("\"timezone\":\"Asia/Tokyo\"")
prices <- structure(matrix(1:4, 2, dimnames = list(NULL, c("bid", "ask"))), index = seconds, class = c("xts", "zoo"))
chart$plot(prices)
stopifnot(data_text("ask") == "[[0,3],[60000,4]]")

# What R says twice is one thing: a tibble's class, a list's
holds(structure(list(data = 1:2), class = "something"), "[1,2]")
holds(list(data = structure(data.frame(x = 1:2, y = 3:4), class = c("tbl_df", "tbl", "data.frame"))), "[[1,3],[2,4]]")

# Nothing is changed or kept: the caller's vectors stay as they were
y <- c(1, 2, NA)
before <- serialize(y, NULL)
chart$plot(y, "kept")
stopifnot(identical(serialize(y, NULL), before))
