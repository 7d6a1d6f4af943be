# What read() gives plots the same bytes again, and is what the bundled series look like.
Sys.setenv(CHARTS_QUIET = "1")
library(charts)

directory <- tempfile("reading")
chart <- plotasync(list(aapl, msft, ohlc), save = directory, show = "none")

stopifnot(
  identical(chart$read("AAPL"), aapl), identical(chart$read("MSFT"), msft), identical(chart$read("OHLC"), ohlc),
  identical(names(ohlc$data), c("x", "open", "high", "low", "close")),
  identical(class(aapl$data$x), c("POSIXct", "POSIXt")), identical(attr(aapl$data$x, "tzone"), "UTC"),
  identical(format(aapl$data$x[1]), "2007-04-24"), nrow(msft$data) == 348
)
for (name in c("aapl", "msft", "ohlc"))
  stopifnot(identical(get(name), charts:::settle(.Call(charts:::C_call, "data", list(name)), NULL)))

bytes <- function(name) {
  file <- file.path(directory, paste0(name, ".json"))
  readBin(file, "raw", file.size(file))
}
again <- function(series) {
  chart$plot(series)
  before <- bytes(series$name)
  read <- chart$read(series$name)
  chart$plot(read)
  if (!identical(bytes(series$name), before))
    stop(series$name, ": ", rawToChar(before), " became ", rawToChar(bytes(series$name)))
  read
}
attempt <- function(data, ...) again(list(name = "again", data = data, ...))

stopifnot(
  identical(attempt(c(1, NA, -0.5)), list(name = "again", data = c(1, NA, -0.5))),
  identical(attempt(5)$data, 5),
  identical(attempt(c(1/3, 1e300, 5e-324, 2^53))$data, c(1/3, 1e300, 5e-324, 2^53)),
  identical(attempt(list())$data, list()),
  identical(attempt(data.frame(x = c(1.5, 2), y = c(NA, 3)))$data, data.frame(x = c(1.5, 2), y = c(NA, 3))),
  identical(attempt(data.frame(x = 1, low = 2, high = 3))$data, data.frame(x = 1, low = 2, high = 3)),
  identical(attempt(list(list("a", 1), list("b", 2)))$data, list(list("a", 1), list("b", 2))),
  identical(attempt(list(list("a", 1), list("b", NA)))$data[[2]], list("b", NULL))
)
zoned <- as.POSIXct(c(1e9, 1e9 + 0.25), tz = "America/New_York", origin = "1970-01-01")
read <- attempt(data.frame(x = zoned, y = 1:2))
stopifnot(all(read$data$x == zoned), identical(attr(read$data$x, "tzone"), "America/New_York"),
          identical(read$timezone, "America/New_York"))

# Attributes of every kind, one or several of them
read <- attempt(1:2, type = "area", color = "#123456", lineWidth = 3, visible = FALSE, stack = "s",
                marker = list(enabled = TRUE, radius = 2.5), pointStart = 5, pointInterval = 2)
stopifnot(identical(read$type, "area"), identical(read$lineWidth, 3), identical(read$visible, FALSE),
          identical(read$marker, list(enabled = TRUE, radius = 2.5)))

# Points keep what they say
read <- attempt(list(list(y = 1, color = "red"), list(y = 2, x = 7)))
stopifnot(identical(read$data[[1]], list(color = "red", y = 1)))

# Files that other programs wrote
writeLines('{ "data": [ [0, 1], [1, NaN], [2, 3] ], "name": "foreign", "custom": ["one"], "empty": {} }',
           file.path(directory, "foreign.json"))
read <- chart$read("foreign")
stopifnot(identical(read$data, data.frame(x = c(0, 1, 2), y = c(1, NA, 3))), identical(read$custom, list("one")),
          identical(read$empty, structure(list(), names = character())))
stopifnot("foreign" %in% chart$names())
