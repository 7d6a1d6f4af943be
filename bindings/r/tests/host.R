# Loading the package leaves the process as it was: signals, locale, working directory, umask, descriptors, output.
Sys.setenv(CHARTS_QUIET = "1", CHARTS_PORT = "")
Sys.unsetenv("CHARTS_PORT")
if (!file.exists("/proc/self/status"))
  quit()

script <- tempfile(fileext = ".R")
writeLines('
# The first 32 signals: the C library itself catches others for its threads.
signals <- function(kind) {
  line <- grep(kind, readLines("/proc/self/status"), value = TRUE)
  substring(line, nchar(line) - 7)
}
state <- function() list(
  blocked = signals("^SigBlk"), ignored = signals("^SigIgn"), caught = signals("^SigCgt"),
  locale = Sys.getlocale(), directory = getwd(), umask = format(Sys.umask()),
  options = options()[c("warn", "OutDec", "digits", "encoding")], environment = Sys.getenv())
before <- state()
outputs <- capture.output(suppressPackageStartupMessages(library(charts)))
after <- state()
stopifnot(identical(before, after), length(outputs) == 0)
chart <- plotasync(1:3, name = "A", save = tempfile(), show = "none")
stopifnot(identical(state(), before), identical(chart$names(), "A"))
cat("as", "it", "was\n")
', script)

run <- function(arguments, ...) {
  libraries <- paste0("R_LIBS=", shQuote(paste(.libPaths(), collapse = ":")))
  suppressWarnings(system2(file.path(R.home("bin"), "R"), c("--vanilla", "--no-echo", "--no-readline", arguments),
                           env = libraries, stdout = TRUE, stderr = TRUE, ...))
}

# A script, whose output is its own alone
lines <- run(c("-f", shQuote(script)))
if (!identical(lines, "as it was"))
  stop(paste(lines, collapse = "\n"))

# A person at the prompt: the server is a thread of R, whose signals are none of ours
lines <- run("--interactive", input = c(sprintf("source(\"%s\")", script)))
if (!any(lines == "as it was"))
  stop(paste(lines, collapse = "\n"))

# The start line is a package's start-up message, so it can be suppressed; R ends while the server runs
lines <- run("--interactive", input = "suppressPackageStartupMessages(library(charts)); cat('quiet\\n')")
stopifnot(any(lines == "quiet"), !any(grepl("Server running", lines)))
