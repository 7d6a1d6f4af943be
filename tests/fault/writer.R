# One of many writers of a chart directory, as writer.c: writer.R DIRECTORY WRITER CALLS
library(charts)
given <- commandArgs(TRUE)
writer <- as.integer(given[2])
calls <- as.integer(given[3])
chart <- plotasync(save = given[1])

own <- function(kind) sprintf("w%d-%s", writer, kind)
row <- function(name, number) list(name = name, data = matrix(c(writer, number), ncol = 2))

call <- function(number) {
  kind <- number %% 10L
  if (kind == 0L) chart$plot(c(number), own(sprintf("new%d", number %/% 50L)))
  else if (kind == 1L) chart$plot(c(number), own("own"))
  else if (kind == 2L) chart$plot(list(row("shared", number)))
  else if (kind == 3L) chart$append(c(number), own("log"))
  else if (kind == 6L) chart$plot(list(row("pair-a", number), row("pair-b", number)))
  else if (kind == 7L) chart$append(list(row("all-b", number), row("all-c", number)))
  else if (kind == 8L) {
    chart$plot(c(number), own("gone"))
    chart$remove(own("gone"))
  }
  else if (number %% 50L == 9L) chart$url()
  else chart$append(list(row("all-a", number)))
}

longest <- 0
for (number in seq_len(calls) - 1L) {
  began <- proc.time()[["elapsed"]]
  call(number)
  longest <- max(longest, proc.time()[["elapsed"]] - began)
}
cat(sprintf('{"calls":%d,"longest":%.3f}\n', calls, longest))
