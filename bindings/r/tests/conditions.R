# What the core reports becomes R's conditions, with the core's own words.
Sys.setenv(CHARTS_QUIET = "1")
library(charts)

directory <- tempfile("conditions")
chart <- plotasync(list(name = "A", data = 1:3), save = directory, show = "none")

raises <- function(code, expression, words) {
  call <- substitute(expression)
  condition <- tryCatch(expression, error = identity)
  expected <- c(paste0("charts_error_", chartr("-", "_", code)), "charts_error", "error", "condition")
  if (!identical(class(condition), expected))
    stop(deparse(call)[1], ": expected a condition ", expected[1], ", got ", class(condition)[1], ": ",
         if (inherits(condition, "condition")) conditionMessage(condition))
  stopifnot(condition$code == code, grepl(words, conditionMessage(condition), fixed = TRUE))
  invisible(condition)
}

e <- raises("argument", plotasync(list(name = "A", data = 1), inline = "tab"), "show=\"tab\"")
stopifnot(identical(conditionCall(e), quote(plotasync(list(name = "A", data = 1), inline = "tab"))))
e <- raises("not-found", chart$read("nothing"), "nothing")
stopifnot(identical(conditionCall(e), quote(chart$read("nothing"))))

raises("argument", plotasync(1:3, list(), 3, save = directory), "by place")
raises("argument", plotasync(1:3, name = "x", hieght = 3, save = directory), "height")
raises("argument", plotasync(1:3, name = "x", height = "tall", save = directory), "height: expected")
raises("argument", chart$show("tap"), "show")
raises("name", plotasync(1:3, save = directory, show = "none"), "name")
raises("name", chart$plot(1:3, ""), "name")
raises("name", chart$plot(list(list(name = "A", data = 1), list(name = "A", data = 2))), "twice")
raises("name", chart$plot(list(name = "B", data = 1, name = "B")), "twice")
raises("type", chart$plot(TRUE, "B"), "B")
raises("type", chart$plot(list(c(1, 2), c(1, 2, 3)), "B"), "row 2")
raises("argument", chart$plot(structure(readBin(as.raw(c(1, 0, 0, 0, 0, 0, 0x20, 0)), "double"), class = "integer64"), "B"),
       "2^53")

# What cannot be said in the core's values is named with its argument
raises("type", plotasync(quote(x)), "series: ")
raises("type", chart$plot(list(name = "B", data = sin)), "series: ")
raises("type", chart$plot(1, "B", display = 1i), "display: ")

# Lists too deep are the core's to refuse
deep <- 1
for (level in 1:5000) deep <- list(deep)
raises("limit", chart$plot(deep, "B"), "levels")

# Nothing of all this changed anything
stopifnot(identical(chart$names(), "A"))

# Errors of R itself pass through unharmed
stopifnot(inherits(tryCatch(chart$plot(stop("mine"), "B"), error = identity), "simpleError"))
bytes <- "\xff"
Encoding(bytes) <- "bytes"
e <- tryCatch(chart$plot(list(name = bytes, data = 1)), error = identity)
stopifnot(inherits(e, "error"), !inherits(e, "charts_error"))

# What R raises while the core waits for it comes through when the core has let go: here a time limit, as Ctrl-C would
limited <- function(expression) {
  setTimeLimit(elapsed = 0.2, transient = TRUE)
  on.exit(setTimeLimit())
  tryCatch(expression, error = identity)
}
numbers <- rep(1 / 3, 2e7)
e <- limited(chart$plot(numbers, "long"))
stopifnot(inherits(e, "simpleError"))
e <- limited(chart$plot(1:100000000, "computed"))
stopifnot(inherits(e, "simpleError"), identical(chart$names(), "A"),
          identical(list.files(directory, all.files = TRUE, no.. = TRUE), c(".charts", "A.json")))

# Warnings and notes come as R's
w <- tryCatch(chart$plot(1, "B", display = "C"), warning = identity)
stopifnot(inherits(w, "simpleWarning"), grepl("C", conditionMessage(w)), is.null(conditionCall(w)))
many <- lapply(1:13, function(i) list(name = paste("S", i), data = i))
m <- tryCatch(chart$plot(many), message = identity)
stopifnot(inherits(m, "message"), grepl("12 of 13", conditionMessage(m)))

# A directory that is no chart directory is never emptied
precious <- tempfile("precious")
dir.create(precious)
writeLines("precious", file.path(precious, "file.txt"))
raises("refused", plotasync(1, name = "A", save = precious, purge = TRUE, show = "none"), "purge")
stopifnot(file.exists(file.path(precious, "file.txt")))
