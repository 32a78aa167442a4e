/* adi.c: arch/sparc/kernel/adi_64.c. The address space's tag store is what the model has of it: its ranges, to the byte, with the tags of the model's pages. */
#define PAGES 4
#define RANGES 4
#define TAG_BYTES (GRANULES / 2)
#define BLOCKS (PAGE_SIZE / ADI_BLOCK) /* of a page */
#define EACH (BLOCKS / GRANULES) /* that a granule of the model stands for */
#define RANGE_BYTES (1024 * PAGE_SIZE)

/* With the address space's number, -1, an operand is the byte below the address: so that is where tags are. */
#if defined(__x86_64__)
asm(".macro stxa value, at\n mov \\at, \\value\n .endm\n"
    ".macro ldxa at, value\n mov \\value, \\at\n .endm\n"
    ".macro membar kind\n .endm\n");
#else
#error "the tags of ADI are made by macros for x86-64"
#endif

struct range {
	uint64_t start, end; /* of one with users */
	uint8_t users, kept, pad[6]; /* kept: no users, but a pointer to memory: 1 that is kept for the next, 2 that has been freed */
	uint8_t tags[PAGES][TAG_BYTES];
};
struct adi_call {
	struct outcome outcome;
	uint8_t page, fail, pad[2];
	uint8_t frame[TAG_BYTES]; /* the page's tags, two to a byte, the first in the high half */
	uint8_t beside_page, beside_at; /* at the beside_at-th lock that is given back, another CPU restores this page; 0: nobody does anything */
	uint8_t beside_frame[TAG_BYTES];
	int32_t beyond; /* descriptors in use that the model has no room for */
	uint64_t addresses[PAGES];
	struct range ranges[RANGES];
};

/* This CPU's page and the other's. */
static __thread _Alignas(PAGE_SIZE) volatile unsigned char memory[5 * PAGE_SIZE];
#define PAGE_ADDRESS (memory + PAGE_SIZE)
#define BESIDE_ADDRESS (memory + 3 * PAGE_SIZE)
#define TAG(page, block) (*(volatile unsigned long *)((page) + (block) * ADI_BLOCK + ASI_MCD_REAL))
static __thread struct mm_struct mm;
static __thread struct vm_area_struct vma;

UNWATCHED static bool is_a_variable(const char *from, const char *to)
{
	return is_within(from, to, &mm, sizeof mm) || is_within(from, to, &vma, sizeof vma) || is_within(from, to, (const void *)memory, sizeof memory);
}

UNWATCHED static unsigned char *tags_of(tag_storage_desc_t *store, unsigned long address)
{
	return address < store->start || address + PAGE_SIZE - 1 > store->end ? 0 : store->tags + (address - store->start) / (2 * ADI_BLOCK);
}

/* As much as alloc_tag_store() asks for. */
UNWATCHED static size_t size_of(const struct range *range)
{
	size_t size = range->users ? (range->end + 1 - range->start) / (2 * ADI_BLOCK) : RANGE_BYTES / (2 * ADI_BLOCK);
	return (size + PAGE_SIZE - ADI_BLOCK) / PAGE_SIZE * PAGE_SIZE;
}

UNWATCHED static uint8_t tag_of(const uint8_t *tags, int granule)
{
	return granule % 2 ? tags[granule / 2] & 15 : tags[granule / 2] >> 4;
}

UNWATCHED static void set_tags(volatile unsigned char *page, const uint8_t *tags)
{
	for (unsigned i = 0; i < BLOCKS; i++) TAG(page, i) = tag_of(tags, i / EACH);
}

/* As the model has it: a granule's tag is that of all its blocks, or one that is not. */
UNWATCHED static void put(uint8_t *tags, int block, uint8_t tag)
{
	int granule = block / EACH;
	if (block % EACH && tag == tag_of(tags, granule)) return;
	tags[granule / 2] = granule % 2 ? (tags[granule / 2] & 0xf0) | tag : (tags[granule / 2] & 0x0f) | tag << 4;
}

UNWATCHED static void expand(unsigned char *saved, const uint8_t *tags)
{
	for (unsigned i = 0; i < BLOCKS; i += 2) saved[i / 2] = tag_of(tags, i / EACH) << 4 | tag_of(tags, (i + 1) / EACH);
}

UNWATCHED static void compress(uint8_t *tags, const unsigned char *saved)
{
	for (unsigned i = 0; i < BLOCKS; i++) put(tags, i, tag_of(saved, i));
}

UNWATCHED static void materialise(const struct adi_call *call)
{
	mm.context.tag_store = 0;
	mm.context.tag_lock.taken = 0;
	for (int i = 0; i < RANGES; i++) {
		const struct range *range = &call->ranges[i];
		if (!range->users && !range->kept) continue;
		if (!mm.context.tag_store) mm.context.tag_store = memset(take(PAGE_SIZE), 0, PAGE_SIZE);
		tag_storage_desc_t *store = &mm.context.tag_store[i];
		store->tags = take(size_of(range));
		if (range->kept == 2) hooks_free(store->tags);
		if (!range->users) continue;
		store->tag_users = range->users;
		store->start = range->start;
		store->end = range->end;
		for (int page = 0; page < PAGES; page++)
			if (tags_of(store, call->addresses[page])) expand(tags_of(store, call->addresses[page]), range->tags[page]);
	}
	set_tags(PAGE_ADDRESS, call->frame);
}

UNWATCHED static void read_back(struct adi_call *call)
{
	tag_storage_desc_t *stores = mm.context.tag_store;
	memset(call->ranges, 0, sizeof call->ranges);
	memset(call->frame, 0, sizeof call->frame);
	for (unsigned i = 0; i < BLOCKS; i++) put(call->frame, i, TAG(PAGE_ADDRESS, i) & 15);
	call->beyond = 0;
	is_referred_to(stores);
	for (int i = 0; stores && i < (int)(PAGE_SIZE / sizeof *stores); i++) {
		bool freed = stores[i].tags && is_freed(stores[i].tags);
		if (stores[i].tags) is_referred_to(stores[i].tags);
		if (i >= RANGES) {
			call->beyond += stores[i].tag_users != 0;
			continue;
		}
		struct range *range = &call->ranges[i];
		range->users = stores[i].tag_users;
		if (range->users && freed) arena.bad_free = true;
		range->kept = range->users || !stores[i].tags ? 0 : freed ? 2 : 1;
		if (!range->users) continue;
		range->start = stores[i].start;
		range->end = stores[i].end;
		for (int page = 0; page < PAGES; page++)
			if (tags_of(&stores[i], call->addresses[page])) compress(range->tags[page], tags_of(&stores[i], call->addresses[page]));
	}
	if (mm.context.tag_lock.taken) arena.bad_lock = true;
}

/* The other CPU has a page table lock of its own. */
UNWATCHED static void beside(void *given)
{
	struct adi_call *call = given;
	pte_t pte = { (unsigned long)BESIDE_ADDRESS };

	set_tags(BESIDE_ADDRESS, call->beside_frame);
	adi_restore_tags(&mm, &vma, call->addresses[call->beside_page], pte);
}

UNWATCHED static void one_call(void *given, int restore)
{
	struct adi_call *call = given;
	unsigned long address = call->addresses[call->page];
	pte_t pte = { (unsigned long)PAGE_ADDRESS };

	materialise(call);
	arena.beside = beside;
	arena.call = call;
	arena.beside_at = call->beside_at;
	arena.watched = true;
	if (restore) adi_restore_tags(&mm, &vma, address, pte);
	else call->outcome.result = adi_save_tags(&mm, &vma, address, pte);
	arena.watched = false;
	arena.beside_at = 0;
	read_back(call);
}

UNWATCHED void hooks_adi(struct adi_call *call, int restore)
{
	guarded(&call->outcome, call->fail, one_call, call, restore);
}
