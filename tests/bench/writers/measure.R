# What the R writers share: the input, and the time and memory of one expression.

read_walk <- function(path, count)
  list(x = 1147651200000 + 1000 * (0:(count - 1)), y = readBin(path, "double", count))

memory_mib <- function(key) {
  line <- grep(paste0("^", key, ":"), readLines("/proc/self/status"), value = TRUE)
  as.numeric(gsub("[^0-9]", "", line)) / 1024
}

# Prints the seconds of `expression`, and by how much the memory rose in it at most.
measure <- function(expression) {
  invisible(gc())
  cat("5", file = "/proc/self/clear_refs")
  before <- memory_mib("VmRSS")
  start <- Sys.time() # system.time counts whole milliseconds
  force(expression)
  seconds <- as.numeric(Sys.time() - start, units = "secs")
  cat(sprintf("{\"seconds\":%.6f,\"peak_mib\":%.2f}\n", seconds, memory_mib("VmHWM") - before))
}
