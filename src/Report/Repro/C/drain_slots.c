//needs zram
//include sys/swap.h
/* swapoff() of any area empties the slot cache of every CPU (until 6.13): one of its own comes and goes. */
static char spare[32];

static void make_spare(void)
{
	make_zram(spare, 1);
}

static void drain_slots(void)
{
	must(swapon(spare, 0));
	must(swapoff(spare));
}
