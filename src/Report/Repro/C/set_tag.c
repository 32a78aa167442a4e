//needs set_tags
static void set_tag(char *page, unsigned tag)
{
	for (int quarter = 0; quarter < 4; quarter++) set_tag_of(page, quarter, tag);
}
