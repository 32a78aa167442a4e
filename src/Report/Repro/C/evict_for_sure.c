//needs evict
static void evict(char *page)
{
	if (!try_to_evict(page)) give_up("memory pressure left the page where it was");
}
