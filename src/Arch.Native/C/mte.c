/* mte.c: arch/arm64/mm/mteswap.c. What is saved is an array by swap entry, as the model has it. */
struct mte_call {
	struct outcome outcome;
	uint16_t type, offset;
	uint32_t fail, area;
	uint8_t tagged, frame[MTE_PAGE_TAG_STORAGE], pad;
	int32_t saved; /* whether there are tags for the entry; then these */
	uint8_t tags[MTE_PAGE_TAG_STORAGE], pad2[2];
};

#ifndef HOOKS_HAS_PREPARE
/* Until 6.6 the hooks were inline, in arch/arm64/include/asm/pgtable.h. */
static int arch_prepare_to_swap(struct folio *folio) { return mte_save_tags(&folio->page); }
static void arch_swap_restore(swp_entry_t entry, struct folio *folio) { mte_restore_tags(entry, &folio->page); }
#endif

UNWATCHED static bool is_a_variable(const char *from, const char *to)
{
	return is_within(from, to, &mte_pages, sizeof mte_pages);
}

enum { PREPARE, RESTORE, INVALIDATE_PAGE, INVALIDATE_AREA };

UNWATCHED static void one_call(void *given, int what)
{
	struct mte_call *call = given;
	swp_entry_t entry = swp_entry(call->type, call->offset);
	unsigned char memory[MTE_PAGE_TAG_STORAGE];
	struct folio folio = { { call->tagged ? 1UL << PG_mte_tagged : 0, entry.val, memory }, entry };
	void *kept;

	memcpy(memory, call->frame, sizeof memory);
	memset(&mte_pages, 0, sizeof mte_pages);
	if (call->saved) memcpy(mte_pages.entries[entry.val] = take(MTE_PAGE_TAG_STORAGE), call->tags, sizeof call->tags);
	call->outcome.result = 0;
	arena.watched = true;
	if (what == PREPARE) call->outcome.result = arch_prepare_to_swap(&folio);
	else if (what == RESTORE) arch_swap_restore(entry, &folio);
	else if (what == INVALIDATE_PAGE) mte_invalidate_tags(call->type, call->offset);
	else mte_invalidate_tags_area(call->area);
	arena.watched = false;
	kept = mte_pages.entries[entry.val];
	call->saved = kept != 0;
	if (kept) memcpy(call->tags, kept, sizeof call->tags);
	for (unsigned long i = 0; i < XA_ENTRIES; i++) if (mte_pages.entries[i]) is_referred_to(mte_pages.entries[i]);
	call->tagged = page_mte_tagged(&folio.page);
	memcpy(call->frame, memory, sizeof memory);
}

void hooks_mte(struct mte_call *call, int what)
{
	guarded(&call->outcome, call->fail, one_call, call, what);
}
