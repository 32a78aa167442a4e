using Hooks.Core.Invariants;
using Hooks.Core.Paths;
using Xunit;

namespace Hooks.Source;

/// <summary>Reclaim of a page, on the small kernel.</summary>
public class ReclaimTests
{
    internal const string Scan = """
        /* Written for the tests of Hooks in the kernel's style. */

        static pageout_t pageout(struct folio *folio, struct address_space *mapping)
        {
        	int res;

        	if (folio_ref_count(folio) != 1 + folio_nr_pages(folio) || !mapping)
        		return PAGE_KEEP;
        	if (!folio_clear_dirty_for_io(folio))
        		return PAGE_CLEAN;
        	res = swap_writeout(folio);
        	if (res < 0)
        		handle_write_error(mapping, folio, res);
        	return PAGE_SUCCESS;
        }

        static unsigned int shrink_folio_list(struct list_head *folio_list, struct pglist_data *pgdat, struct scan_control *sc,
        		struct reclaim_stat *stat, bool ignore_references)
        {
        	enum folio_references references = FOLIOREF_RECLAIM;
        	struct address_space *mapping;
        	unsigned int nr_reclaimed = 0;
        	LIST_HEAD(ret_folios);
        	struct folio *folio;

        	while (!list_empty(folio_list)) {
        		folio = lru_to_folio(folio_list);
        		list_del(&folio->lru);
        		if (!folio_trylock(folio))
        			goto keep;
        		if (folio_test_writeback(folio)) {
        			stat->nr_writeback++;
        			goto activate_locked;
        		}
        		if (!ignore_references)
        			references = folio_check_references(folio, sc);
        		switch (references) {
        		case FOLIOREF_ACTIVATE:
        			stat->nr_activate[0]++;
        			goto activate_locked;
        		case FOLIOREF_KEEP:
        			goto keep_locked;
        		default:
        			break;
        		}
        		if (folio_test_swapbacked(folio) && !folio_test_swapcache(folio)) {
        			if (folio_maybe_dma_pinned(folio))
        				goto keep_locked;
        			if (!add_to_swap(folio))
        				goto activate_locked;
        		}
        		if (folio_mapped(folio)) {
        			try_to_unmap(folio, TTU_BATCH_FLUSH);
        			if (folio_mapped(folio))
        				goto activate_locked;
        		}
        		mapping = folio_mapping(folio);
        		if (folio_test_dirty(folio)) {
        			switch (pageout(folio, mapping)) {
        			case PAGE_KEEP:
        				goto keep_locked;
        			case PAGE_SUCCESS:
        				if (folio_test_writeback(folio) || folio_test_dirty(folio))
        					goto keep;
        				if (!folio_trylock(folio))
        					goto keep;
        				if (folio_test_dirty(folio) || folio_test_writeback(folio))
        					goto keep_locked;
        				mapping = folio_mapping(folio);
        				fallthrough;
        			case PAGE_CLEAN:
        				;
        			}
        		}
        		if (!folio_test_swapbacked(folio)) {
        			if (!folio_ref_freeze(folio, 1))
        				goto keep_locked;
        		} else if (!mapping || !__remove_mapping(mapping, folio, true, sc->target_mem_cgroup)) {
        			goto keep_locked;
        		}
        		folio_unlock(folio);
        		nr_reclaimed++;
        		folio_batch_add(&free_folios, folio);
        		continue;
        activate_locked:
        		if (folio_test_swapcache(folio) && (mem_cgroup_swap_full(folio) || folio_test_mlocked(folio)))
        			folio_free_swap(folio);
        keep_locked:
        		folio_unlock(folio);
        keep:
        		list_add(&folio->lru, &ret_folios);
        	}
        	return nr_reclaimed;
        }

        """;

    internal const string Write = """

        int swap_writeout(struct folio *folio)
        {
        	int ret = 0;

        	if (folio_free_swap(folio))
        		goto out_unlock;
        	ret = arch_prepare_to_swap(folio);
        	if (ret) {
        		folio_mark_dirty(folio);
        		goto out_unlock;
        	}
        	__swap_writepage(folio, NULL);
        	return 0;
        out_unlock:
        	folio_unlock(folio);
        	return ret;
        }

        """;

    [Fact]
    public void What_is_read_is_what_the_catalogue_has()
    {
        var read = Trees.Read(With(Scan, Write));
        Assert.Empty(read.Unknowns);
        Assert.Contains(read.Read, r => r is { Path: PathId.ShrinkFolioList, Function: "shrink_folio_list" });
        Equivalence.Holds(read.Like, read.Kernel!, 2000);
    }

    [Theory]
    [InlineData("\tret = arch_prepare_to_swap(folio);\n", "", "arm64", InvariantId.TagPreservation)]
    [InlineData("\tif (ret) {\n\t\tfolio_mark_dirty(folio);\n\t\tgoto out_unlock;\n\t}\n", "", "arm64", InvariantId.TagPreservation)]
    [InlineData("out_unlock:\n\tfolio_unlock(folio);\n", "out_unlock:\n", "arm64", InvariantId.Progress)]
    [InlineData("\t\t\tif (folio_mapped(folio))\n\t\t\t\tgoto activate_locked;\n", "", "sparc", null)]
    [InlineData("folio_ref_count(folio) != 1 + folio_nr_pages(folio) || ", "", "none", InvariantId.PinStability)]
    [InlineData("\t\tlist_add(&folio->lru, &ret_folios);\n", "", "none", InvariantId.Progress)]
    [InlineData("\t\t\ttry_to_unmap(folio, TTU_BATCH_FLUSH);\n", "", "none", null)]
    [InlineData("\t\tcase FOLIOREF_KEEP:\n\t\t\tgoto keep_locked;\n", "", "none", null)]
    public void A_line_that_is_left_out_is_missed_or_does_not_matter(string line, string instead, string arch, InvariantId? broken)
    {
        Assert.Contains(line, Scan + Write, StringComparison.Ordinal);
        var on = Trees.Architectures.First(a => a.Name == arch);
        var more = Trees.MoreBroken(With(Scan, Write), With(Scan.Replace(line, instead, StringComparison.Ordinal), Write.Replace(line, instead, StringComparison.Ordinal)), on);
        if (broken is { } expected) Assert.Contains(expected, more.Members());
        else Assert.Empty(more.Members());
    }

    [Theory]
    [InlineData("\t\tcase FOLIOREF_KEEP:\n", "\t\tcase NOBODY_KNOWS:\n", "name NOBODY_KNOWS")]
    [InlineData("\t\t\ttry_to_unmap(folio, TTU_BATCH_FLUSH);\n", "\t\t\ttry_to_unmap(folio, TTU_BATCH_FLUSH);\n\t\t\ttry_to_unmap(folio, TTU_BATCH_FLUSH);\n", "a second time")]
    [InlineData("swap_writeout(folio);", "mapping->a_ops->swap_out(folio);", "through a pointer")]
    public void What_cannot_be_read_is_the_catalogues_and_said(string from, string to, string what)
    {
        Assert.Contains(from, Scan, StringComparison.Ordinal);
        var read = Trees.Read(With(Scan.Replace(from, to, StringComparison.Ordinal), Write));
        Assert.Contains(read.Remarks, r => r.StartsWith("shrink_folio_list() is v6.5's", StringComparison.Ordinal) && r.Contains(what, StringComparison.Ordinal));
        Equivalence.Holds(read.Like, read.Kernel!, 200);
    }

    private static TextFiles With(string scan, string write) =>
        new([.. Trees.Paths.Select(p => (p, Trees.Small.Read(p)!)), ("mm/vmscan.c", scan), ("mm/page_io.c", write)]);
}
