# The functions have the core's arguments, in its order, and no default of their own.
Sys.setenv(CHARTS_QUIET = "1")
library(charts)

arguments <- function(verb) .Call(charts:::C_verb_arguments, verb)
verbs <- .Call(charts:::C_verbs)
chart <- plotasync(save = tempfile("formals"), show = "none")

same <- function(fun, expected) {
  stopifnot(
    identical(setdiff(names(formals(fun)), "..."), expected),
    all(vapply(formals(fun), identical, NA, quote(expr = )))
  )
}
same(plotasync, arguments("plotasync"))

takes_chart <- vapply(verbs, function(verb) identical(arguments(verb)[1], "chart"), NA)
methods <- verbs[takes_chart]
stopifnot(setequal(ls(chart), methods), setequal(utils:::.DollarNames(chart, ""), methods))
for (verb in methods) same(chart[[verb]], arguments(verb)[-1])

# The package has the version of the header that it was compiled with; an unknown verb has no arguments
stopifnot(
  identical(.Call(charts:::C_version), as.character(packageVersion("charts"))),
  length(arguments("no such verb")) == 0
)

# The functions of a chart are fixed
stopifnot(inherits(try(chart$plot <- 1, silent = TRUE), "try-error"))

# A value that was given and is NULL counts as not given; what is missing in a caller is missing here
relay <- function(data, name, display) chart$plot(data, name, display = display)
relay(1:3, "relayed")
chart$plot(1:3, "null", display = NULL)
do.call(chart$plot, list(1:3, "called", display = FALSE))
plot(chart, 1:3, "generic", display = TRUE)
stopifnot(identical(chart$names(), c("relayed", "null", "called", "generic")))
