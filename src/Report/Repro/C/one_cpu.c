//include sched.h
/* Batches of pages, and the slot cache, are a CPU's: nobody is to have what another needs. */
static void stay_on_one_cpu(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof one, &one);
}
