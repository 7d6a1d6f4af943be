# Vectors that R computes on demand are written without ever getting memory of their own; and what stops a write.
Sys.setenv(CHARTS_QUIET = "1")
library(charts)

directory <- tempfile("computed")
chart <- plotasync(save = directory, show = "none")

# What R itself knows of a vector: "compact" as long as it has no memory, then "expanded"
is_compact <- function(x) {
  about <- paste(capture.output(.Internal(inspect(x))), collapse = "\n")
  grepl("(compact)", about, fixed = TRUE) && !grepl("(expanded)", about, fixed = TRUE)
}
from_one <- c(1L, 2:300000) # in memory

# The columns of a data frame, x and y alike
frame <- data.frame(x = 1:300000, y = 300000:1)
stopifnot(is_compact(frame$x), is_compact(frame$y))
chart$plot(list(name = "A", data = frame))
read <- chart$read("A")$data
stopifnot(is_compact(frame$x), is_compact(frame$y), all(read$x == from_one), all(read$y == rev(from_one)))

# One x for several series, some of whose numbers are in memory, with NA
several <- data.frame(x = 1:300000, up = 1:300000, down = -from_one, big = 2147483648:2147783647)
several$down[2] <- NA
chart$plot(several, x = "x")
stopifnot(is_compact(several$x), is_compact(several$up), is_compact(several$big))
for (name in c("up", "down", "big")) {
  read <- chart$read(name)$data
  stopifnot(all(read$x == from_one), identical(read$y, as.numeric(several[[name]])))
}

# Times, with their zone
times <- structure(1:300000, class = c("POSIXct", "POSIXt"), tzone = "Europe/Berlin")
stopifnot(is_compact(times))
chart$plot(list(name = "when", data = list2DF(list(x = times, y = 1:300000))))
read <- chart$read("when")
stopifnot(is_compact(times), identical(read$timezone, "Europe/Berlin"), all(as.numeric(read$data$x) == from_one))
days <- structure(1:300000, class = "Date")
chart$plot(list2DF(list(x = days, day = 1:300000)))
stopifnot(is_compact(days), all(as.numeric(chart$read("day")$data$x) == 86400 * as.numeric(from_one)))

# Bare, and as a matrix
bare <- 1:300000
chart$plot(bare, "bare")
stopifnot(is_compact(bare), identical(chart$read("bare")$data, as.numeric(from_one)))
matrix <- 1:300000
dim(matrix) <- c(150000L, 2L)
chart$plot(matrix, "matrix")
stopifnot(is_compact(matrix), all(chart$read("matrix")$data$y == 150001:300000))

# Columns of other lengths are refused as ever
uneven <- structure(list(x = 1:300000, y = 1:299999), class = "data.frame", row.names = 1:2)
e <- tryCatch(chart$plot(list(name = "A", data = uneven)), error = identity)
stopifnot(inherits(e, "charts_error_type"), grepl("equal length", conditionMessage(e)))

# Vectors in memory are read where they are
numbers <- as.numeric(1:2000000)
matrix <- cbind(numbers, numbers) # 32 MB
before <- gc(reset = TRUE)[2, 2]
chart$plot(list(name = "in place", data = matrix))
stopifnot(gc()[2, 6] - before < 16)

# Ctrl-C while a series is written leaves the one that was there
chart$plot(1:3, "long")
watch <- "(while ! ls -A '%s' | grep -q tmp; do :; done; kill -INT %d)"
system(sprintf(watch, directory, Sys.getpid()), wait = FALSE)
e <- tryCatch(chart$plot(1:500000000, "long"), interrupt = identity)
stopifnot(inherits(e, "interrupt"), identical(chart$read("long")$data, c(1, 2, 3)),
          !any(grepl("tmp", list.files(directory, all.files = TRUE))))
