/*
 * A tag store by address, as short as it can be and still be sparc's to the model. Written for the tests of Hooks in the kernel's style; the names are
 * the kernel's, the text is not.
 */
#include <linux/slab.h>
#include <asm/adi_64.h>

#define STORES (PAGE_SIZE / sizeof(tag_storage_desc_t))
#define PAGE_TAGS (PAGE_SIZE / (2 * adi_blksize()))
#define MOST (1024 * PAGE_SIZE)

static tag_storage_desc_t *store_of(struct mm_struct *mm, unsigned long addr)
{
	for (unsigned long i = 0; mm->context.tag_store && i < STORES; i++) {
		tag_storage_desc_t *store = &mm->context.tag_store[i];

		if (store->tag_users && addr >= store->start && addr <= store->end)
			return store;
	}
	return NULL;
}

/* A range upwards from the address, as far as nobody else's is in the way; if it is cut short, the whole of the hole. */
static tag_storage_desc_t *new_store(struct mm_struct *mm, unsigned long addr)
{
	tag_storage_desc_t *open = NULL;
	unsigned long start = addr, end = addr + MOST - 1, below = 0;

	if (!mm->context.tag_store)
		mm->context.tag_store = kzalloc(PAGE_SIZE, GFP_NOWAIT);
	if (!mm->context.tag_store)
		return NULL;
	for (long i = STORES - 1; i >= 0; i--) {
		tag_storage_desc_t *store = &mm->context.tag_store[i];

		if (!store->tag_users) {
			open = store;
			continue;
		}
		if (store->start > addr && store->start <= end)
			end = store->start - 1;
		if (store->end < addr && store->end > below)
			below = store->end;
	}
	if (!open)
		return NULL;
	if (end != addr + MOST - 1) {
		start = end - MOST + 1;
		if (start <= below)
			start = below + 1;
	}
	kfree(open->tags);
	open->tags = kzalloc((end + 1 - start) / PAGE_SIZE * PAGE_TAGS, GFP_NOWAIT);
	if (!open->tags)
		return NULL;
	open->start = start;
	open->end = end;
	return open;
}

int adi_save_tags(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long addr, pte_t oldpte)
{
	unsigned long at = pte_val(oldpte) & _PAGE_PADDR_4V, high, low;
	tag_storage_desc_t *store;

	spin_lock(&mm->context.tag_lock);
	store = store_of(mm, addr);
	if (!store)
		store = new_store(mm, addr);
	if (store)
		store->tag_users++;
	spin_unlock(&mm->context.tag_lock);
	if (!store)
		return -ENOMEM;
	for (unsigned long i = 0; i < PAGE_TAGS; i++, at += 2 * adi_blksize()) {
		asm volatile("ldxa [%1] %2, %0" : "=r"(high) : "r"(at), "i"(ASI_MCD_REAL));
		asm volatile("ldxa [%1] %2, %0" : "=r"(low) : "r"(at + adi_blksize()), "i"(ASI_MCD_REAL));
		store->tags[(addr - store->start) / PAGE_SIZE * PAGE_TAGS + i] = high << 4 | low;
	}
	return 0;
}

void adi_restore_tags(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long addr, pte_t pte)
{
	unsigned long at = pte_val(pte) & _PAGE_PADDR_4V;
	tag_storage_desc_t *store = store_of(mm, addr);

	if (!store)
		return;
	for (unsigned long i = 0; i < PAGE_TAGS; i++, at += 2 * adi_blksize()) {
		unsigned char *tags = &store->tags[(addr - store->start) / PAGE_SIZE * PAGE_TAGS + i];
		unsigned long high = *tags >> 4, low = *tags & 15;

		asm volatile("stxa %0, [%1] %2" : : "r"(high), "r"(at), "i"(ASI_MCD_REAL));
		asm volatile("stxa %0, [%1] %2" : : "r"(low), "r"(at + adi_blksize()), "i"(ASI_MCD_REAL));
		*tags = 0;
	}
	asm volatile("membar #Sync");
	spin_lock(&mm->context.tag_lock);
	if (!--store->tag_users) {
		kfree(store->tags);
		store->tags = NULL;
		store->start = store->end = 0;
	}
	spin_unlock(&mm->context.tag_lock);
}
