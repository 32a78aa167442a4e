/* adi.c: arch/sparc/kernel/adi_64.c. The address space's tag store is what the model has of it: its ranges, by page. */
#define PAGES 4
#define RANGES 4
#define BASE 0x80000000UL /* of the first page */
#define TAG_BYTES (PAGE_SIZE / (2 * ADI_BLOCK))
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
	uint8_t users, first, last, kept; /* kept: no users, but a pointer to memory: 1 that is kept for the next, 2 that has been freed */
	uint8_t tags[PAGES][TAG_BYTES];
};
struct adi_call {
	struct outcome outcome;
	uint8_t page, fail, pad[2];
	uint8_t frame[TAG_BYTES]; /* the page's tags, two to a byte, the first in the high half */
	struct range ranges[RANGES];
	int32_t beyond; /* descriptors in use that the model has no room for */
};

static __thread _Alignas(PAGE_SIZE) volatile unsigned char memory[3 * PAGE_SIZE];
#define PAGE_ADDRESS (memory + PAGE_SIZE)
#define TAG(granule) (*(volatile unsigned long *)(PAGE_ADDRESS + (granule) * ADI_BLOCK + ASI_MCD_REAL))
static __thread struct mm_struct mm;
static __thread struct vm_area_struct vma;

static unsigned long first_of(const struct range *range)
{
	/* A range that ends where another begins takes as much of the hole below it as a range has. */
	if (range->first == 0 && range->last < PAGES - 1) return BASE + (range->last + 1) * PAGE_SIZE - RANGE_BYTES;
	return BASE + range->first * PAGE_SIZE;
}

static unsigned long last_of(const struct range *range)
{
	return range->last == PAGES - 1 ? first_of(range) + RANGE_BYTES - 1 : BASE + (range->last + 1) * PAGE_SIZE - 1;
}

static uint8_t page_of(unsigned long address)
{
	return address < BASE ? 0 : address >= BASE + PAGES * PAGE_SIZE ? PAGES - 1 : (address - BASE) / PAGE_SIZE;
}

static unsigned char *tags_of(tag_storage_desc_t *store, int page)
{
	unsigned long address = BASE + page * PAGE_SIZE;
	return address < store->start || address > store->end ? 0 : store->tags + (address - store->start) / (2 * ADI_BLOCK);
}

static void materialise(const struct adi_call *call)
{
	mm.context.tag_store = 0;
	mm.context.tag_lock.taken = 0;
	for (int i = 0; i < RANGES; i++) {
		const struct range *range = &call->ranges[i];
		if (!range->users && !range->kept) continue;
		if (!mm.context.tag_store) mm.context.tag_store = take(PAGE_SIZE);
		tag_storage_desc_t *store = &mm.context.tag_store[i];
		store->tags = take(RANGE_BYTES / (2 * ADI_BLOCK));
		if (range->kept == 2) hooks_free(store->tags);
		if (!range->users) continue;
		store->tag_users = range->users;
		store->start = first_of(range);
		store->end = last_of(range);
		for (int page = range->first; page <= range->last; page++) memcpy(tags_of(store, page), range->tags[page], TAG_BYTES);
	}
	for (int i = 0; i < GRANULES; i++) TAG(i) = i % 2 ? call->frame[i / 2] & 15 : call->frame[i / 2] >> 4;
}

static void read_back(struct adi_call *call)
{
	tag_storage_desc_t *stores = mm.context.tag_store;
	memset(call->ranges, 0, sizeof call->ranges);
	memset(call->frame, 0, sizeof call->frame);
	for (int i = 0; i < GRANULES; i++) call->frame[i / 2] |= (TAG(i) & 15) << (i % 2 ? 0 : 4);
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
		range->first = page_of(stores[i].start);
		range->last = page_of(stores[i].end);
		for (int page = range->first; page <= range->last; page++)
			if (tags_of(&stores[i], page)) memcpy(range->tags[page], tags_of(&stores[i], page), TAG_BYTES);
	}
	if (mm.context.tag_lock.taken) arena.bad_lock = true;
}

static void one_call(void *given, int restore)
{
	struct adi_call *call = given;
	unsigned long address = BASE + call->page * PAGE_SIZE;
	pte_t pte = { (unsigned long)PAGE_ADDRESS };

	materialise(call);
	if (restore) adi_restore_tags(&mm, &vma, address, pte);
	else call->outcome.result = adi_save_tags(&mm, &vma, address, pte);
	read_back(call);
}

void hooks_adi(struct adi_call *call, int restore)
{
	guarded(&call->outcome, call->fail, one_call, call, restore);
}
