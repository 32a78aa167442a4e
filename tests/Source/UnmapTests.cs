using Hooks.Core.Invariants;
using Hooks.Core.Paths;
using Xunit;

namespace Hooks.Source;

/// <summary>How reclaim takes a page's mappings away, on the small kernel.</summary>
public class UnmapTests
{
    internal const string Unmap = """
        /* Written for the tests of Hooks in the kernel's style. */

        static bool give_mapping_up(struct folio *folio, struct vm_area_struct *vma, unsigned long address, pte_t *ptep, pte_t pteval)
        {
        	const bool exclusive = PageAnonExclusive(&folio->page);
        	swp_entry_t entry = { .val = page_private(&folio->page) };
        	struct mm_struct *mm = vma->vm_mm;
        	pte_t swp_pte;

        	if (swap_duplicate(entry) < 0)
        		return false;
        	if (arch_unmap_one(mm, vma, address, pteval) < 0) {
        		swap_free(entry);
        		return false;
        	}
        	if (exclusive && page_try_share_anon_rmap(&folio->page)) {
        		swap_free(entry);
        		return false;
        	}
        	dec_mm_counter(mm, MM_ANONPAGES);
        	inc_mm_counter(mm, MM_SWAPENTS);
        	swp_pte = swp_entry_to_pte(entry);
        	if (exclusive)
        		swp_pte = pte_swp_mkexclusive(swp_pte);
        	if (pte_soft_dirty(pteval))
        		swp_pte = pte_swp_mksoft_dirty(swp_pte);
        	if (pte_uffd_wp(pteval))
        		swp_pte = pte_swp_mkuffd_wp(swp_pte);
        	set_pte_at(mm, address, ptep, swp_pte);
        	return true;
        }

        static bool try_to_unmap_one(struct folio *folio, struct vm_area_struct *vma, unsigned long address, void *arg)
        {
        	DEFINE_FOLIO_VMA_WALK(pvmw, folio, vma, address, 0);
        	enum ttu_flags flags = (enum ttu_flags)(long)arg;
        	struct mm_struct *mm = vma->vm_mm;
        	bool ret = true;
        	pte_t pteval;

        	while (page_vma_mapped_walk(&pvmw)) {
        		if (!(flags & TTU_IGNORE_MLOCK) && (vma->vm_flags & VM_LOCKED)) {
        			mlock_vma_folio(folio, vma);
        			goto stays;
        		}
        		pteval = ptep_clear_flush(vma, address, pvmw.pte);
        		if (pte_dirty(pteval))
        			folio_mark_dirty(folio);
        		if (!folio_test_swapbacked(folio)) {
        			if (folio_ref_count(folio) == 1 + folio_mapcount(folio) && !folio_test_dirty(folio)) {
        				dec_mm_counter(mm, MM_ANONPAGES);
        				goto gone;
        			}
        			set_pte_at(mm, address, pvmw.pte, pteval);
        			folio_set_swapbacked(folio);
        			goto stays;
        		}
        		if (!give_mapping_up(folio, vma, address, pvmw.pte, pteval)) {
        			set_pte_at(mm, address, pvmw.pte, pteval);
        			goto stays;
        		}
        gone:
        		page_remove_rmap(&folio->page, vma, false);
        		folio_put(folio);
        		continue;
        stays:
        		ret = false;
        		page_vma_mapped_walk_done(&pvmw);
        		break;
        	}
        	return ret;
        }

        """;

    [Fact]
    public void What_is_read_is_what_the_catalogue_has()
    {
        var read = Trees.Read(Trees.With("mm/rmap.c", Unmap), Helpers);
        Assert.Empty(read.Unknowns);
        Assert.Contains(read.Read, r => r.Path == PathId.ShrinkFolioList);
        Equivalence.Holds(read.Like, read.Kernel!, 2000);
    }

    [Theory]
    [InlineData("\tif (swap_duplicate(entry) < 0)\n\t\treturn false;\n", "", "none", InvariantId.SwapCount)]
    [InlineData("\tif (exclusive)\n\t\tswp_pte = pte_swp_mkexclusive(swp_pte);\n", "", "none", InvariantId.PinStability)]
    [InlineData("\tif (pte_uffd_wp(pteval))\n\t\tswp_pte = pte_swp_mkuffd_wp(swp_pte);\n", "", "none", InvariantId.BitPreservation)]
    [InlineData("\tset_pte_at(mm, address, ptep, swp_pte);\n", "", "none", InvariantId.SwapCount)]
    [InlineData("\t\tpage_remove_rmap(&folio->page, vma, false);\n", "", "none", InvariantId.Refcount)]
    [InlineData("\t\tfolio_put(folio);\n", "", "none", InvariantId.Progress)]
    [InlineData("\t\tpage_vma_mapped_walk_done(&pvmw);\n", "", "none", InvariantId.Progress)]
    [InlineData("\tif (exclusive && page_try_share_anon_rmap(&folio->page)) {\n\t\tswap_free(entry);\n\t\treturn false;\n\t}\n", "", "none", InvariantId.Exclusivity)]

    // 322842ea3c72: until 5.18 a mapping that could not be given up left a count of its slot behind.
    [InlineData("pteval) < 0) {\n\t\tswap_free(entry);\n", "pteval) < 0) {\n", "sparc", InvariantId.SwapCount)]
    public void A_line_that_is_left_out_is_missed(string line, string instead, string arch, InvariantId broken)
    {
        Assert.Contains(line, Unmap, StringComparison.Ordinal);
        var on = Trees.Architectures.First(a => a.Name == arch);
        Assert.Contains(broken, Trees.MoreBroken(Trees.With("mm/rmap.c", Unmap), Trees.With("mm/rmap.c", Unmap.Replace(line, instead, StringComparison.Ordinal)), on, Helpers).Members());
    }

    internal static KernelSource.Paths.HelperTable Helpers { get; } = KernelSource.Paths.HelperTable.Read("mine", "give_mapping_up inline");
}
