/* The value stands at the beginning of each quarter of the page. */
static void write_page(char *page, unsigned char value)
{
	for (int quarter = 0; quarter < 4; quarter++) *(volatile char *)(page + quarter * page_size / 4) = value;
}
