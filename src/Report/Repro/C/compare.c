/* Whether all four quarters of a page hold one of some values. */
static void compare(int test, const unsigned char found[4], const int *values, int count, const char *more)
{
	for (int i = 0; i < count; i++)
		if (found[0] == values[i] && found[1] == values[i] && found[2] == values[i] && found[3] == values[i] && !*more) {
			result(test, true, "");
			return;
		}
	result(test, false, "found data %d %d %d %d and not %d%s", found[0], found[1], found[2], found[3], values[0], more);
}
