//needs vmsplice
static void put_page(int reference)
{
	close(references[reference][0]);
	close(references[reference][1]);
}
