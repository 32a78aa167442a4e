//needs cgroup
/* In bytes, as the kernel wants it. */
static void limit_swap(unsigned slots)
{
	char bytes[32];

	snprintf(bytes, sizeof bytes, "%zu", slots * page_size);
	must(write_text(CGROUP "/memory.swap.max", bytes));
}
