/* What a library must leave as it was. */
#ifndef CHARTS_TESTS_STATE_H
#define CHARTS_TESTS_STATE_H

#include <fenv.h>
#include <locale.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* SA_RESTORER is the C library's own: it sets it in every action. */
enum { STATE_RESTORER = 0x04000000 };

static inline void state_signals(void) {
  sigset_t blocked;
  (void)sigprocmask(SIG_SETMASK, NULL, &blocked);
  for (int number = 1; number < SIGRTMIN; number++) {
    struct sigaction action;
    if (sigaction(number, NULL, &action) == 0)
      printf("%d:%d:%#lx:%#x ", number, sigismember(&blocked, number), (unsigned long)(uintptr_t)action.sa_handler,
             (unsigned)action.sa_flags & ~(unsigned)STATE_RESTORER);
  }
}

/* What the host asked localtime for stands in memory of the C library, which every caller of localtime writes to. */
static inline void state_time(void) {
  static const struct tm *asked;
  time_t begin = 86400;
  if (!asked)
    asked = localtime(&begin);
  printf("time %d-%d-%d ", asked->tm_year, asked->tm_mon, asked->tm_mday);
}

/* Everything of this process that a library might change and that /proc does not tell, on one line. */
static inline void state_print(void) {
  char folder[4096];
  struct itimerval timer = {0};
  mode_t mask = umask(0);
  (void)umask(mask);
  state_signals();
  state_time();
  (void)getitimer(ITIMER_REAL, &timer);
  printf("umask %o cwd %s locale %s rounding %d timer %ld.%ld environment", (unsigned)mask,
         getcwd(folder, sizeof folder), setlocale(LC_ALL, NULL), fegetround(), (long)timer.it_value.tv_sec,
         (long)timer.it_value.tv_usec);
  for (char **variable = environ; *variable; variable++)
    printf(" %s", *variable);
}

#endif
