//needs values compare
static void expect_data_of(int test, const char *page, const int *values, int count)
{
	unsigned char found[4];

	for (int quarter = 0; quarter < 4; quarter++) found[quarter] = *(const volatile char *)(page + quarter * page_size / 4);
	compare(test, found, values, count, "");
}

/* The page must hold this value (one of these, where the kernel may choose). */
#define expect_data(test, page, ...) expect_data_of(test, page, VALUES(__VA_ARGS__))
