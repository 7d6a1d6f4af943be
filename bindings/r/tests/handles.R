# Charts end with their last reference, at the latest with the session.
Sys.setenv(CHARTS_QUIET = "1")
library(charts)

directory <- tempfile("handles")
raises_closed <- function(expression)
  stopifnot(inherits(tryCatch(expression, error = identity), "charts_error_closed"))
printed <- function(x) paste(capture.output(print(x)), collapse = "\n")

chart <- plotasync(list(name = "A", data = 1:3), save = directory, show = "none", type = "area")
stopifnot(identical(printed(chart), sprintf("charts_chart %s, area: A", normalizePath(directory))))
about <- summary(chart)
stopifnot(inherits(about, "summary.charts_chart"), about$type == "area", !about$stock, identical(about$series, "A"),
          any(grepl("^series: +A$", capture.output(print(about)))))
stopifnot(identical(capture.output(invisible(chart$plot(1, "B"))), character()), is.null(withVisible(chart$show())$value),
          !withVisible(chart$show())$visible)

chart$close()
chart$close()
raises_closed(chart$names())
stopifnot(printed(chart) == "charts_chart (closed)")

# A chart from a saved workspace is closed, not somebody else's
chart <- plotasync(save = directory, show = "none")
file <- tempfile()
saveRDS(chart, file)
raises_closed(readRDS(file)$names())

# The collector closes what nobody holds; what is held stays
for (i in 1:500) plotasync(save = directory, show = "none")
invisible(gc())
invisible(gc())
stopifnot(identical(chart$names(), c("A", "B")))

# Conversions and results hold on to what they make, however often R collects
torture <- function(verb, ...) {
  arguments <- list(chart$.handle, ...)
  gctorture(TRUE)
  on.exit(gctorture(FALSE))
  .Call(charts:::C_call, verb, arguments)
}
monthly <- ts(matrix(1:4, 2, dimnames = list(NULL, c("C", "D"))), start = 2000, frequency = 12)
frame <- data.frame(x = factor(c("p", "q")), y = c(1.5, NA))
frame$z <- as.POSIXlt("2020-01-01", tz = "UTC") + 0:1
done <- list(
  torture("plot", monthly),
  torture("plot", list(list(name = "E", data = frame[1:2], color = "red"), list(name = "F", data = frame[3:2]))),
  torture("read", "A"),
  torture("read", "F"),
  torture("read", "nothing")
)
stopifnot(
  identical(vapply(done, `[[`, "", "status"), c("ok", "ok", "ok", "ok", "not-found")),
  identical(done[[3]]$value, list(name = "A", data = c(1, 2, 3))),
  identical(done[[4]]$value$data$y, c(1.5, NA)),
  identical(chart$read("D")$data$y, c(3, 4))
)

# A child of a fork has charts of its own
if (.Platform$OS.type == "unix") {
  children <- parallel::mclapply(1:2, function(i) {
    plotasync(list(name = paste("child", i), data = i), save = directory, show = "none")
    plotasync(save = directory, show = "none")$read(paste("child", i))$data
  }, mc.cores = 2)
  stopifnot(identical(children, list(1, 2)), all(c("child 1", "child 2") %in% chart$names()))
}

# Charts may outlive the package; their finalizers do no harm
unloadNamespace("charts")
stopifnot(inherits(try(chart$names(), silent = TRUE), "try-error"))
rm(chart)
invisible(gc())
library(charts)
stopifnot("A" %in% plotasync(save = directory, show = "none")$names())
