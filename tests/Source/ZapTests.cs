using Hooks.Core.Invariants;
using Hooks.Core.Paths;
using Xunit;

namespace Hooks.Source;

/// <summary>What munmap(), exit and MADV_DONTNEED do to a page, on the small kernel.</summary>
public class ZapTests
{
    internal const string Zap = """

        static inline int zap_present_ptes(struct mmu_gather *tlb, struct vm_area_struct *vma, pte_t *pte, pte_t ptent, unsigned long addr,
        		int *rss, bool *force_flush)
        {
        	struct page *page = vm_normal_page(vma, addr, ptent);

        	ptep_get_and_clear_full(tlb->mm, addr, pte, tlb->fullmm);
        	rss[MM_ANONPAGES]--;
        	page_remove_rmap(page, vma, false);
        	if (unlikely(__tlb_remove_page(tlb, page)))
        		*force_flush = true;
        	return 1;
        }

        static unsigned long zap_pte_range(struct mmu_gather *tlb, struct vm_area_struct *vma, pmd_t *pmd, unsigned long addr, unsigned long end,
        		struct zap_details *details)
        {
        	struct mm_struct *mm = tlb->mm;
        	bool force_flush = false;
        	int rss[NR_MM_COUNTERS];
        	pte_t *start_pte, *pte;
        	swp_entry_t entry;
        	spinlock_t *ptl;
        	int nr;

        	init_rss_vec(rss);
        	start_pte = pte = pte_offset_map_lock(mm, pmd, addr, &ptl);
        	if (!pte)
        		return addr;
        	do {
        		pte_t ptent = ptep_get(pte);

        		nr = 1;
        		if (pte_none(ptent))
        			continue;
        		if (pte_present(ptent)) {
        			nr = zap_present_ptes(tlb, vma, pte, ptent, addr, rss, &force_flush);
        			if (force_flush)
        				break;
        			continue;
        		}
        		entry = pte_to_swp_entry(ptent);
        		if (!non_swap_entry(entry)) {
        			rss[MM_SWAPENTS]--;
        			free_swap_and_cache(entry);
        		}
        		pte_clear_not_present_full(mm, addr, pte, tlb->fullmm);
        	} while (pte += nr, addr += PAGE_SIZE * nr, addr != end);
        	add_mm_rss_vec(mm, rss);
        	pte_unmap_unlock(start_pte, ptl);
        	return addr;
        }

        """;

    [Fact]
    public void What_is_read_is_what_the_catalogue_has()
    {
        var read = Trees.Read(Trees.With("mm/memory.c", Zap));
        Assert.Empty(read.Unknowns);
        Assert.Equal([PathId.Munmap, PathId.ExitMmap, PathId.MadviseDontneed], read.Read.Where(r => r.Function == "zap_pte_range").Select(r => r.Path));
        Equivalence.Holds(read.Like, read.Kernel!, 1500);
    }

    /// <summary>An address is a page, and the loop is over one: nothing of it is left to be run.</summary>
    [Fact]
    public void A_loop_over_one_page_is_no_loop()
    {
        var zap = Trees.Read(Trees.With("mm/memory.c", Zap)).Read.First(r => r.Function == "zap_pte_range");
        Assert.DoesNotContain(zap.Origins, o => o.Text is "loop" or "nr = 1" || o.Text.StartsWith("addr +=", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("\tptep_get_and_clear_full(tlb->mm, addr, pte, tlb->fullmm);\n", InvariantId.Progress)]
    [InlineData("\tpage_remove_rmap(page, vma, false);\n", InvariantId.Refcount)]
    [InlineData("\tif (unlikely(__tlb_remove_page(tlb, page)))\n\t\t*force_flush = true;\n", InvariantId.Refcount)]
    [InlineData("\t\t\tfree_swap_and_cache(entry);\n", InvariantId.SwapCount)]
    [InlineData("\t\tpte_clear_not_present_full(mm, addr, pte, tlb->fullmm);\n", InvariantId.SwapCount)]
    [InlineData("\tpte_unmap_unlock(start_pte, ptl);\n", InvariantId.Progress)]
    public void A_line_that_is_left_out_is_missed(string line, InvariantId broken)
    {
        Assert.Contains(line, Zap, StringComparison.Ordinal);
        Assert.Contains(broken, Trees.MoreBroken(Trees.With("mm/memory.c", Zap), Trees.With("mm/memory.c", Zap.Replace(line, "", StringComparison.Ordinal)), Trees.Architectures[1]).Members());
    }
}
