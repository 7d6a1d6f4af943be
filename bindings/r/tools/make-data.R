# Makes data/*.rda from the bundled series: make-data.R DATASETS_DIR OUT_DIR
#
# The packaging calls it before anything is installed, so it is base R alone and reads no JSON but the one form that
# these files have: {"name":…,"xtype":"datetime","data":[[…],…]}. A test compares the outcome with what libcharts reads.

columns <- list(c("x", "y"), NULL, NULL, c("x", "open", "high", "low", "close"))

rows <- function(text, file) {
  row <- "\\[-?[0-9.eE+-]+(,-?[0-9.eE+-]+)*\\]"
  if (!grepl(paste0("^(", row, ",)*", row, "$"), text))
    stop(file, ": expected rows of numbers only")
  numbers <- strsplit(strsplit(substr(text, 2, nchar(text) - 1), "],[", fixed = TRUE)[[1]], ",", fixed = TRUE)
  if (length(unique(lengths(numbers))) != 1)
    stop(file, ": expected rows of one width")
  matrix(as.numeric(unlist(numbers)), ncol = length(numbers[[1]]), byrow = TRUE)
}

series <- function(file) {
  text <- readChar(file, file.size(file), useBytes = TRUE)
  form <- "^\\{\"name\":\"([A-Za-z0-9 ]+)\",\"xtype\":\"datetime\",\"data\":\\[(.*)\\]\\}\n?$"
  if (!grepl(form, text))
    stop(file, ": expected {\"name\":…,\"xtype\":\"datetime\",\"data\":[…]}")
  points <- rows(sub(form, "\\2", text), file)
  data <- as.data.frame(points)
  names(data) <- columns[[ncol(points) - 1]]
  data$x <- .POSIXct(data$x / 1000, tz = "UTC")
  list(name = sub(form, "\\1", text), xtype = "datetime", data = data)
}

main <- function(from, to) {
  for (name in c("aapl", "msft", "ohlc")) {
    assign(name, series(file.path(from, paste0(name, ".json"))))
    save(list = name, file = file.path(to, paste0(name, ".rda")), version = 2, compress = "xz")
  }
}

arguments <- commandArgs(trailingOnly = TRUE)
if (length(arguments) != 2)
  stop("usage: make-data.R DATASETS_DIR OUT_DIR")
main(arguments[1], arguments[2])
