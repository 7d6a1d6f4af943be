# The session of this R process, and the one way into the core. Whatever a call means, its checks, defaults and
# messages are the core's; here R's conditions are made of what it answers.

# A notebook's kernel and a document that is being knitted run without a person at the prompt.
is_prompt <- function()
  interactive() && !isTRUE(getOption("knitr.in.progress")) && !isTRUE(getOption("jupyter.in_kernel"))

.onLoad <- function(libname, pkgname) {
  prompt <- is_prompt()
  settle(.Call(C_open, prompt, prompt || isatty(stderr()), isatty(stderr())), call = NULL)
}

.onAttach <- function(libname, pkgname)
  settle(.Call(C_call, "start", list()), call = NULL, say = packageStartupMessage)

.onUnload <- function(libpath) {
  .Call(C_close)
  library.dynam.unload("charts", libpath)
}

# Raises what the core reports, says what it has to say, and gives the value.
settle <- function(answer, call, say = message) {
  if (answer$status != "ok") {
    class <- paste0("charts_error_", chartr("-", "_", answer$status))
    stop(structure(
      class = c(class, "charts_error", "error", "condition"),
      list(message = answer$message, call = call, code = answer$status)
    ))
  }
  for (told in answer$messages) {
    if (told$kind == "warning")
      warning(told$text, call. = FALSE)
    else
      say(told$text)
  }
  answer$value
}

# Calls a verb with the arguments that the calling function was given: those before its `...` by place, the others by
# name, and what is in `...` as it is. `first` goes before them.
perform <- function(verb, first = list(), caller = sys.parent()) {
  arguments <- c(first, given(sys.function(caller), sys.frame(caller)))
  settle(.Call(C_call, verb, arguments), call = sys.call(caller))
}

given <- function(fun, frame) {
  names <- names(formals(fun))
  is_given <- vapply(names, function(name)
    name != "..." && !eval(call("missing", as.name(name)), frame), NA)
  arguments <- lapply(names[is_given], get, envir = frame)
  dots <- match("...", names)
  by_place <- cumprod(is_given[seq_len(dots - 1)])
  names(arguments) <- names[is_given]
  names(arguments)[seq_len(sum(by_place))] <- ""
  c(arguments, eval(quote(list(...)), frame))
}
