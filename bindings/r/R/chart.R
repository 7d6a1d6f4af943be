# Formals mirror the core's list of arguments (a test compares them); none has a default here. Those before `...` may be
# given by place, the others by their full name.

plotasync <- function(series, options, ..., name, x, type, height, width, save, stock, show, display, purge, live, time,
                      sync)
  new_chart(perform("plotasync"))

# A chart: a locked environment of functions, one for each verb of the core that takes a chart.
new_chart <- function(handle) {
  chart <- new.env(parent = emptyenv())
  first <- list(handle)
  chart$.handle <- handle
  chart$plot <- function(series, name, ..., display, x, time, sync) invisible(perform("plot", first))
  chart$append <- function(series, name, ..., time, x, sync) invisible(perform("append", first))
  chart$remove <- function(name, ..., sync) invisible(perform("remove", first))
  chart$names <- function(...) as.character(unlist(perform("names", first)))
  chart$read <- function(name, ...) perform("read", first)
  chart$show <- function(show, ..., sync) as_shown(perform("show", first))
  chart$url <- function(...) perform("url", first)
  chart$close <- function(...) invisible(perform("close", first))
  chart$describe <- function(...) perform("describe", first)
  lockEnvironment(chart, bindings = TRUE)
  structure(chart, class = "charts_chart")
}

.DollarNames.charts_chart <- function(x, pattern = "")
  grep(pattern, ls(x), value = TRUE)

plot.charts_chart <- function(x, ...)
  x$plot(...)

print.charts_chart <- function(x, ...) {
  cat(tryCatch(format_chart(x$describe()), charts_error_closed = function(e) "charts_chart (closed)"), "\n", sep = "")
  invisible(x)
}

format_chart <- function(about) {
  series <- as.character(unlist(about$series))
  paste0("charts_chart ", about$directory, ", ", about$type, if (length(series) > 0) ": ", paste(series, collapse = ", "))
}

summary.charts_chart <- function(object, ...) {
  about <- object$describe()
  about$series <- as.character(unlist(about$series))
  structure(about, class = "summary.charts_chart")
}

print.summary.charts_chart <- function(x, ...) {
  values <- vapply(unclass(x), function(value) paste(format(value), collapse = ", "), "")
  cat(paste0(format(paste0(names(values), ":")), " ", values, "\n"), sep = "")
  invisible(x)
}
