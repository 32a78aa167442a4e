using Hooks.Core.Invariants;
using Hooks.KernelSource;
using Hooks.KernelSource.Paths;
using Xunit;

namespace Hooks.Source;

/// <summary>fork()'s two functions, and the kernel's own assertions, on the small kernel.</summary>
public class ForkTests
{
    internal const string Fork = """

        static unsigned long copy_nonpresent_pte(struct mm_struct *dst_mm, struct mm_struct *src_mm, pte_t *dst_pte, pte_t *src_pte,
        		struct vm_area_struct *dst_vma, struct vm_area_struct *src_vma, unsigned long addr, int *rss)
        {
        	pte_t pte = ptep_get(src_pte);
        	swp_entry_t entry = pte_to_swp_entry(pte);

        	if (swap_duplicate(entry) < 0)
        		return -EIO;
        	if (pte_swp_exclusive(pte)) {
        		pte = pte_swp_clear_exclusive(pte);
        		set_pte_at(src_mm, addr, src_pte, pte);
        	}
        	rss[MM_SWAPENTS]++;
        	if (!userfaultfd_wp(dst_vma))
        		pte = pte_swp_clear_uffd_wp(pte);
        	set_pte_at(dst_mm, addr, dst_pte, pte);
        	return 0;
        }

        static int copy_present_page(struct vm_area_struct *dst_vma, struct vm_area_struct *src_vma, pte_t *dst_pte, pte_t *src_pte,
        		unsigned long addr, int *rss, struct folio **prealloc, struct page *page)
        {
        	struct folio *copy = *prealloc;
        	pte_t pte;

        	if (!copy)
        		return -EAGAIN;
        	*prealloc = NULL;
        	copy_user_highpage(&copy->page, page, addr, src_vma);
        	__folio_mark_uptodate(copy);
        	folio_add_new_anon_rmap(copy, dst_vma, addr, RMAP_EXCLUSIVE);
        	folio_add_lru_vma(copy, dst_vma);
        	rss[MM_ANONPAGES]++;
        	pte = mk_pte(&copy->page, dst_vma->vm_page_prot);
        	pte = maybe_mkwrite(pte_mkdirty(pte), dst_vma);
        	set_pte_at(dst_vma->vm_mm, addr, dst_pte, pte);
        	return 0;
        }

        static int copy_present_pte(struct vm_area_struct *dst_vma, struct vm_area_struct *src_vma, pte_t *dst_pte, pte_t *src_pte,
        		unsigned long addr, int *rss, struct folio **prealloc)
        {
        	struct mm_struct *src_mm = src_vma->vm_mm;
        	pte_t pte = ptep_get(src_pte);
        	struct page *page = vm_normal_page(src_vma, addr, pte);

        	get_page(page);
        	if (page_try_dup_anon_rmap(page, false, src_vma)) {
        		put_page(page);
        		return copy_present_page(dst_vma, src_vma, dst_pte, src_pte, addr, rss, prealloc, page);
        	}
        	rss[MM_ANONPAGES]++;
        	if (pte_write(pte)) {
        		ptep_set_wrprotect(src_mm, addr, src_pte);
        		pte = pte_wrprotect(pte);
        	}
        	if (!userfaultfd_wp(dst_vma))
        		pte = pte_clear_uffd_wp(pte);
        	set_pte_at(dst_vma->vm_mm, addr, dst_pte, pte);
        	return 0;
        }

        """;

    private const string Assertion = "\tarch_swap_restore(entry, folio);\n\tswap_free";

    [Fact]
    public void What_is_read_is_what_the_catalogue_has()
    {
        var read = Trees.Read(WithFork(Fork));
        Assert.Empty(read.Unknowns);
        foreach (var function in new[] { "copy_nonpresent_pte", "copy_present_pte" }) Assert.Contains(read.Read, r => r.Function == function);
        Equivalence.Holds(read.Like, read.Kernel!, 1500);
    }

    [Theory]
    [InlineData("\t\tset_pte_at(src_mm, addr, src_pte, pte);\n", InvariantId.Exclusivity)]
    [InlineData("\tif (swap_duplicate(entry) < 0)\n\t\treturn -EIO;\n", InvariantId.SwapCount)]
    [InlineData("\tset_pte_at(dst_mm, addr, dst_pte, pte);\n", InvariantId.SwapCount)]
    [InlineData("\t\tptep_set_wrprotect(src_mm, addr, src_pte);\n", InvariantId.Exclusivity)]
    [InlineData("\tget_page(page);\n", InvariantId.Refcount)]
    [InlineData("\t\tput_page(page);\n", InvariantId.Refcount)]
    [InlineData("\tcopy_user_highpage(&copy->page, page, addr, src_vma);\n", InvariantId.TagPreservation)]
    public void A_line_that_is_left_out_is_missed(string line, InvariantId broken)
    {
        Assert.Contains(line, Fork, StringComparison.Ordinal);
        Assert.Contains(broken, Trees.MoreBroken(WithFork(Fork), WithFork(Fork.Replace(line, "", StringComparison.Ordinal)), Trees.Architectures[1]).Members());
    }

    [Fact]
    public void What_cannot_be_read_is_the_catalogues_and_said_and_no_verdict_if_it_could_be_before_a_patch()
    {
        var files = WithFork(Fork.Replace("\trss[MM_SWAPENTS]++;\n", "\tnobody_knows_this(entry);\n", StringComparison.Ordinal));
        var read = Trees.Read(files);
        Assert.NotNull(read.Kernel);
        Assert.Contains(read.Remarks, r => r.StartsWith("copy_nonpresent_pte() is ", StringComparison.Ordinal) && r.Contains("nobody_knows_this", StringComparison.Ordinal));
        var patched = SourceKernel.Of(new SourceTree(files), read.Like, HelperTable.Own, basis: Trees.Read(WithFork(Fork)));
        Assert.Null(patched.Kernel);
        Assert.Contains(patched.Unknowns, u => u.What.Contains("nobody_knows_this", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("VM_BUG_ON(!pte_swp_exclusive(vmf->orig_pte));", true)]
    [InlineData("VM_BUG_ON(pte_none(vmf->orig_pte));", false)]
    [InlineData("VM_BUG_ON(nobody_knows_this(folio));", false)]
    public void An_assertion_of_which_all_is_known_is_asked(string assertion, bool fails)
    {
        var read = Trees.Read(Trees.Edited("mm/memory.c", Assertion, "\t" + assertion + "\n" + Assertion));
        Assert.Equal(fails, Trees.Broken(read.Kernel!, Trees.Architectures[0]).Contains(InvariantId.Progress));
    }

    [Fact]
    public void A_helper_whose_body_nobody_has_compared_is_remarked()
    {
        var files = Trees.Paths.Select(p => (p, Trees.Small.Read(p)!)).ToList();
        Assert.DoesNotContain(Trees.Read(new TextFiles([.. files])).Remarks, r => r.Contains("lru_add_drain", StringComparison.Ordinal));
        var read = Trees.Read(new TextFiles([.. files, ("mm/swap.c", "\nvoid lru_add_drain(void)\n{\n\tsomething_else();\n}\n")]));
        Assert.Contains(read.Remarks, r => r.Contains("other bodies of: lru_add_drain() (mm/swap.c:2)", StringComparison.Ordinal));
    }

    private static TextFiles WithFork(string fork) => Trees.With("mm/memory.c", fork);
}
