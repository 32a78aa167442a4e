/*
 * kernel.h: what an architecture's hooks need of the kernel, as far as they need it, so that their file compiles unedited as ordinary C. Every header
 * that the file includes is this one. Written for Hooks; names and meanings are the kernel's, the text is not.
 *
 * One thread of the program is one machine: what is static in the file is so for each thread.
 */
#ifndef HOOKS_KERNEL_H
#define HOOKS_KERNEL_H
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;
typedef unsigned int gfp_t;
typedef unsigned long pgoff_t;

#define __init
#define EXPORT_SYMBOL(name) struct hooks_exported_##name
#define EXPORT_SYMBOL_GPL(name) struct hooks_exported_##name
#define GFP_KERNEL 1u
#define GFP_NOWAIT 2u
#define GFP_ATOMIC 4u
#define __GFP_NOWARN 8u
#define __GFP_ZERO 16u
#define ENOMEM 12
#define EINVAL 22
#define likely(condition) (condition)
#define unlikely(condition) (condition)
#define pr_warn(...) do { } while (0)
#define pr_err(...) do { } while (0)
#define WARN(condition, ...) (!!(condition))
#define WARN_ON(condition) (!!(condition))
#define WARN_ON_ONCE(condition) (!!(condition))
#define WARN_ONCE(condition, ...) (!!(condition))
#define READ_ONCE(x) (*(volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, value) (*(volatile __typeof__(x) *)&(x) = (value))
#define smp_wmb() __sync_synchronize()
#define smp_rmb() __sync_synchronize()

/* --- what glue.c gives ------------------------------------------------------------------------------------------------ */

void *hooks_alloc(size_t size);
void hooks_free(const void *memory);
void hooks_lock(int *lock);
void hooks_unlock(int *lock);

#define kmalloc(size, flags) hooks_alloc(size)
#define kzalloc(size, flags) hooks_alloc(size)
#define kcalloc(n, size, flags) hooks_alloc((size_t)(n) * (size))
#define kfree(memory) hooks_free(memory)

typedef struct {
	int taken;
} spinlock_t;
#define spin_lock_init(lock) ((lock)->taken = 0)
#define spin_lock(lock) hooks_lock(&(lock)->taken)
#define spin_unlock(lock) hooks_unlock(&(lock)->taken)
#define spin_lock_irqsave(lock, flags) ((flags) = 0, hooks_lock(&(lock)->taken))
#define spin_unlock_irqrestore(lock, flags) ((void)(flags), hooks_unlock(&(lock)->taken))

/* --- memory ----------------------------------------------------------------------------------------------------------- */

/* Granules of a page in the model. arm64's are no more here; sparc's are as many as there are, so that all its sums are its own: each of the model's stands for 32. */
#define GRANULES 4
#define PAGE_SIZE 8192UL
#define ADI_BLOCK 64UL

typedef struct {
	unsigned long pte;
} pte_t;
#define pte_val(x) ((x).pte)

typedef struct {
	unsigned long val;
} swp_entry_t;
#define HOOKS_TYPE_SHIFT 8
static inline swp_entry_t swp_entry(unsigned long type, pgoff_t offset) { return (swp_entry_t){ type << HOOKS_TYPE_SHIFT | offset }; }
static inline unsigned swp_type(swp_entry_t entry) { return entry.val >> HOOKS_TYPE_SHIFT; }
static inline pgoff_t swp_offset(swp_entry_t entry) { return entry.val & ((1UL << HOOKS_TYPE_SHIFT) - 1); }

struct page {
	unsigned long flags, private;
	void *address;
};
struct folio {
	struct page page;
	swp_entry_t swap;
};
#define page_private(page) ((page)->private)
#define page_address(page) ((page)->address)
#define folio_nr_pages(folio) 1L
#define folio_page(folio, i) (&(folio)->page + (i))
static inline swp_entry_t page_swap_entry(struct page *page) { return (swp_entry_t){ page->private }; }

static inline bool test_bit(long bit, const volatile unsigned long *word) { return *word >> bit & 1; }
static inline void set_bit(long bit, volatile unsigned long *word) { *word |= 1UL << bit; }
static inline void clear_bit(long bit, volatile unsigned long *word) { *word &= ~(1UL << bit); }
static inline bool test_and_set_bit(long bit, volatile unsigned long *word)
{
	bool was = test_bit(bit, word);
	set_bit(bit, word);
	return was;
}

/* --- include/linux/xarray.h: an array, as there are few entries -------------------------------------------------------- */

#define XA_ENTRIES 1024UL
#define XA_ERROR ((void *)-2L)
struct xarray {
	void *entries[XA_ENTRIES];
};
struct xa_state {
	struct xarray *xa;
	unsigned long xa_index;
};
/* Made with "static" before it. */
#define DEFINE_XARRAY(name) __thread struct xarray name
#define XA_STATE(name, array, index) struct xa_state name = { array, index }
#define xa_lock(xa) do { } while (0)
#define xa_unlock(xa) do { } while (0)
#define xa_is_err(entry) ((entry) == XA_ERROR)
#define xa_err(entry) (xa_is_err(entry) ? -ENOMEM : 0)
#define xa_load(xa, index) hooks_xa_load(xa, index)
#define xa_erase(xa, index) hooks_xa_set(xa, index, 0)
#define __xa_erase(xa, index) hooks_xa_set(xa, index, 0)
#define xas_for_each(state, entry, last) \
	for (; (state)->xa_index <= (last) && (state)->xa_index < XA_ENTRIES; (state)->xa_index++) \
		if (((entry) = (state)->xa->entries[(state)->xa_index]))
static inline void *hooks_xa_load(struct xarray *xa, unsigned long index) { return index < XA_ENTRIES ? xa->entries[index] : 0; }
static inline void *hooks_xa_set(struct xarray *xa, unsigned long index, void *entry)
{
	void *old = hooks_xa_load(xa, index);
	if (index < XA_ENTRIES) xa->entries[index] = entry;
	return old;
}
/* A node of the tree may be needed for it. */
bool hooks_fails(void);
static inline void *xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t flags)
{
	return hooks_fails() ? XA_ERROR : hooks_xa_set(xa, index, entry);
}

/* --- arch/arm64: tags, two to a byte ------------------------------------------------------------------------------------ */

#define MTE_PAGE_TAG_STORAGE (GRANULES / 2)
#define PG_mte_tagged 0
#define system_supports_mte() true
void *mte_allocate_tag_storage(void);
void mte_free_tag_storage(char *storage);
static inline bool page_mte_tagged(struct page *page) { return test_bit(PG_mte_tagged, &page->flags); }
static inline void set_page_mte_tagged(struct page *page) { set_bit(PG_mte_tagged, &page->flags); }
static inline bool try_page_mte_tagging(struct page *page) { return !page_mte_tagged(page); }
static inline void mte_save_page_tags(const void *page, void *storage) { memcpy(storage, page, MTE_PAGE_TAG_STORAGE); }
static inline void mte_restore_page_tags(void *page, const void *storage) { memcpy(page, storage, MTE_PAGE_TAG_STORAGE); }

/* --- arch/sparc --------------------------------------------------------------------------------------------------------- */

typedef struct {
	unsigned long start, end;
	unsigned char *tags;
	unsigned long tag_users;
} tag_storage_desc_t;
struct mm_struct {
	struct {
		tag_storage_desc_t *tag_store;
		spinlock_t tag_lock;
	} context;
};
struct vm_area_struct {
	unsigned long vm_start, vm_end;
};
struct adi_config {
	bool enabled;
	struct {
		unsigned long blksz, nbits, ue_on_adi;
	} caps;
};
extern struct adi_config adi_state;
#define adi_blksize() ADI_BLOCK
/* A page table entry of a tagged page is the address of the page, which is what the tag memory is made of here. */
#define _PAGE_PADDR_4V (~(PAGE_SIZE - 1))
/* The assembler reads "[rax] -1" as one operand, one byte below: see adi.c. */
#define ASI_MCD_REAL (-1)

struct mdesc_handle;
#define MDESC_NODE_NULL (~0UL)
#define mdesc_grab() ((struct mdesc_handle *)0)
#define mdesc_release(handle) do { } while (0)
#define mdesc_node_by_name(handle, from, name) MDESC_NODE_NULL
#define mdesc_get_property(handle, node, name, length) (*(length) = 0, (const char *)0)
#endif
