/* The memory of this process, as the kernel counts it. */
#ifndef CHARTS_BENCH_MEMORY_H
#define CHARTS_BENCH_MEMORY_H

/* MiB of "VmRSS" (now) or "VmHWM" (at most, since the last memory_forget_peak); negative when it cannot be read. */
double memory_mib(const char *key);
/* From here on VmHWM begins anew. */
void memory_forget_peak(void);

#endif
