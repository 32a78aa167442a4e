//needs mte
/* The same tag in a quarter of the page. */
static void set_tag_of(char *page, int quarter, unsigned tag)
{
	for (size_t at = 0; at < page_size / 4; at += 16) store_tag(page + quarter * page_size / 4 + at, tag);
}
