//include pthread.h sched.h sys/mman.h
/* All tasks begin together, and nobody goes on before all have ended. */
static int *arrived; /* shared by all processes; counts up */

static void prepare_race(void)
{
	arrived = mmap(0, page_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static void meet(int everybody)
{
	int mine = __atomic_fetch_add(arrived, 1, __ATOMIC_ACQ_REL) / everybody;

	while (__atomic_load_n(arrived, __ATOMIC_ACQUIRE) < (mine + 1) * everybody) sched_yield();
}

static void *run_task(void *task)
{
	meet(TASKS);
	((void (*)(void))(uintptr_t)task)();
	meet(TASKS);
	return 0;
}

static void race(void (*const tasks[])(void), int count)
{
	pthread_t threads[TASKS];

	for (int i = 1; i < count; i++) {
		int error = pthread_create(&threads[i], 0, run_task, (void *)(uintptr_t)tasks[i]);

		if (error) give_up("pthread_create(): %s", strerror(error));
	}
	run_task((void *)(uintptr_t)tasks[0]);
	for (int i = 1; i < count; i++) pthread_join(threads[i], 0);
}
