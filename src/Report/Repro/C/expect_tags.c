//needs mte values
/* Every granule of the page must have its tag: one digit a quarter. */
static void expect_tags_of(int test, const char *page, const int *tags, int count)
{
	unsigned found = 0;
	bool alike = true;

	for (int quarter = 0; quarter < 4; quarter++) {
		const char *begin = page + quarter * page_size / 4;
		unsigned first = load_tag(begin);

		found = found << 4 | first;
		for (size_t at = 0; at < page_size / 4; at += 16) alike &= load_tag(begin + at) == first;
	}
	for (int i = 0; i < count; i++)
		if (alike && (int)found == tags[i]) {
			result(test, true, "");
			return;
		}
	result(test, false, "found tags %04x%s and not %04x", found, alike ? "" : " and others", tags[0]);
}

#define expect_tags(test, page, ...) expect_tags_of(test, page, VALUES(__VA_ARGS__))
