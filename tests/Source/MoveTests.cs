using Hooks.Core.Invariants;
using Hooks.Core.Paths;
using Xunit;

namespace Hooks.Source;

/// <summary>What mremap() does to an entry, on the small kernel.</summary>
public class MoveTests
{
    internal const string Move = """
        /* Written for the tests of Hooks in the kernel's style. */

        static pte_t move_soft_dirty_pte(pte_t pte)
        {
        #ifdef CONFIG_MEM_SOFT_DIRTY
        	if (pte_present(pte))
        		pte = pte_mksoft_dirty(pte);
        	else
        		pte = pte_swp_mksoft_dirty(pte);
        #endif
        	return pte;
        }

        static void move_ptes(struct vm_area_struct *vma, pmd_t *old_pmd, unsigned long old_addr, unsigned long old_end,
        		struct vm_area_struct *new_vma, pmd_t *new_pmd, unsigned long new_addr, bool need_rmap_locks)
        {
        	struct mm_struct *mm = vma->vm_mm;
        	pte_t *old_pte, *new_pte, pte;
        	spinlock_t *ptl;

        	old_pte = pte_offset_map_lock(mm, old_pmd, old_addr, &ptl);
        	new_pte = pte_offset_map(new_pmd, new_addr);
        	for (; old_addr < old_end; old_pte++, old_addr += PAGE_SIZE, new_pte++, new_addr += PAGE_SIZE) {
        		VM_WARN_ON_ONCE(!pte_none(*new_pte));
        		if (pte_none(*old_pte))
        			continue;
        		pte = ptep_get_and_clear(mm, old_addr, old_pte);
        		pte = move_soft_dirty_pte(pte);
        		set_pte_at(mm, new_addr, new_pte, pte);
        	}
        	pte_unmap(new_pte - 1);
        	pte_unmap_unlock(old_pte - 1, ptl);
        }

        """;

    [Fact]
    public void What_is_read_is_what_the_catalogue_has()
    {
        var read = Trees.Read(Trees.With("mm/mremap.c", Move));
        Assert.Empty(read.Unknowns);
        Assert.Contains(read.Read, r => r.Path == PathId.Mremap);
        Equivalence.Holds(read.Like, read.Kernel!, 2000);
    }

    [Theory]
    [InlineData("\t\tset_pte_at(mm, new_addr, new_pte, pte);\n", "", InvariantId.Refcount)]
    [InlineData("set_pte_at(mm, new_addr,", "set_pte_at(mm, old_addr,", InvariantId.PinStability)]
    [InlineData("VM_WARN_ON_ONCE(!pte_none(*new_pte))", "VM_WARN_ON_ONCE(!pte_none(*old_pte))", InvariantId.Progress)]
    [InlineData("\tpte_unmap_unlock(old_pte - 1, ptl);\n", "", InvariantId.Progress)]
    public void A_line_that_is_wrong_is_missed(string line, string instead, InvariantId broken)
    {
        Assert.Contains(line, Move, StringComparison.Ordinal);
        var (whole, without) = (Trees.Read(Trees.With("mm/mremap.c", Move)).Kernel!, Trees.Read(Trees.With("mm/mremap.c", Move.Replace(line, instead, StringComparison.Ordinal))).Kernel!);
        Assert.Contains(broken, Trees.Broken(without, Trees.Architectures[0], 2000).Except(Trees.Broken(whole, Trees.Architectures[0], 2000)).Members());
    }
}
