library(charts)
out <- file(commandArgs(trailingOnly = TRUE)[1], open = "w", encoding = "UTF-8")
made <- list()
number <- 0L
steps <- 0L

quoted <- function(text) {
  missing <- is.na(text)
  text <- gsub("\\", "\\\\", enc2utf8(text), fixed = TRUE)
  text <- gsub('"', '\\"', text, fixed = TRUE)
  for (code in 1:31) {
    text <- gsub(intToUtf8(code), sprintf("\\u%04x", code), text, fixed = TRUE)
  }
  if (length(text) == 0) character(0) else ifelse(missing, "null", paste0('"', text, '"'))
}

record <- function(values) {
  parts <- vapply(seq_along(values), function(i) paste0(quoted(names(values)[i]), ":", json(values[[i]])), "")
  paste0("{", paste(parts, collapse = ","), "}")
}

# Rows of a frame or a matrix; times in milliseconds.
rows <- function(values) {
  columns <- lapply(seq_len(ncol(values)), function(k) vapply(values[, k], json, "", USE.NAMES = FALSE))
  lines <- vapply(seq_len(nrow(values)), function(i) paste(vapply(columns, `[`, "", i), collapse = ","), "")
  paste0("[", paste0("[", lines, "]", collapse = ","), "]")
}

# A value as JSON. A vector of one is a scalar: R knows no difference.
json <- function(value) {
  if (is.environment(value) || is.null(value)) return("null")
  if (is.data.frame(value) || is.matrix(value)) return(rows(value))
  if (inherits(value, "POSIXct")) value <- as.numeric(value) * 1000
  if (is.factor(value)) value <- as.character(value)
  if (is.list(value) && length(value) > 0 && !is.null(names(value))) return(record(value))
  if (is.list(value)) {
    items <- vapply(value, json, "")
  } else if (is.character(value)) {
    items <- quoted(value)
  } else if (is.logical(value)) {
    items <- ifelse(is.na(value), "null", ifelse(value, "true", "false"))
  } else {
    items <- ifelse(is.na(value), "null", sprintf("%.17g", as.numeric(value)))
  }
  if (length(items) == 1 && !is.list(value)) items else paste0("[", paste(items, collapse = ","), "]")
}

say <- function(result) {
  cat(sprintf('{"case":%d,"step":%d', number, steps), result, "}\n", sep = "", file = out)
  steps <<- steps + 1L
}

begin <- function(i, folder) {
  number <<- i
  steps <<- 0L
  made <<- list()
  setwd(folder)
}

step <- function(name, call) {
  said <- list()
  keep <- function(kind) {
    function(condition) {
      said[[length(said) + 1]] <<- list(kind = kind, text = sub("\n$", "", conditionMessage(condition)))
      invokeRestart(if (kind == "note") "muffleMessage" else "muffleWarning")
    }
  }
  tryCatch({
    value <- withCallingHandlers(call(), message = keep("note"), warning = keep("warning"))
    if (inherits(value, "charts_chart") || is.environment(value)) {
      made[[name]] <<- value
      value <- NULL
    }
    said <- paste(vapply(said, record, ""), collapse = ",")
    say(paste0(',"value":', json(value), ',"messages":[', said, "]"))
  }, charts_error = function(e) {
    say(paste0(',"error":', record(list(code = e$code, message = conditionMessage(e)))))
  })
}

write_text <- function(path, text) {
  cat(enc2utf8(text), file = path, sep = "")
  say("")
}
