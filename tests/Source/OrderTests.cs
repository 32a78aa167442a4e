using Hooks.Core.Invariants;
using Hooks.Core.Search;
using Hooks.KernelSource;
using Hooks.KernelSource.Paths;
using Xunit;

namespace Hooks.Source;

/// <summary>The statements of a tail that was read, in other orders.</summary>
public class OrderTests
{
    private static MovableTail Tail { get; } = SourceTail.Of(Trees.Read(Trees.Small), HelperTable.Own);

    [Fact]
    public void A_statement_moves_with_what_only_the_task_sees_of_it()
    {
        Assert.Equal(["TestWriteback", "ArchSwapRestore", "SwapFree", "FolioFreeSwap", "IncMmCounter", "MkPte", "FolioRefCount", "AddAnonRmap", "SetPteAt", "ArchDoSwapPage"], Tail.Parts.Select(p => p.Name));
        var lines = Trees.Small.Read("mm/memory.c")!.Split('\n');
        Assert.All(Tail.Parts, p => Assert.StartsWith(p.Place.Split(": ", 2)[1].TrimEnd(';'), string.Concat(lines.Skip(int.Parse(p.Place.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture) - 1).Take(2)).Trim(), StringComparison.Ordinal));
    }

    [Fact]
    public void Its_own_order_is_the_kernel() =>
        Equivalence.Holds(Tail.Kernel, Tail.InOrder(Enumerable.Range(0, Tail.Parts.Count)), 500);

    [Fact]
    public void What_a_reviewer_of_series_v1_would_have_liked_to_know_comes_out()
    {
        // Four of them, so that it does not take long: the others stay where they are.
        var (first, last) = (Index("ArchSwapRestore"), Index("FolioRefCount"));
        var tail = Tail with
        {
            Before = [.. Tail.Before, .. Tail.Parts.Take(first).SelectMany(p => p.Items)],
            Parts = [.. Tail.Parts.Skip(first).Take(3), Tail.Parts[last]],
            After = [.. Tail.Parts.Skip(last + 1).SelectMany(p => p.Items), .. Tail.After],
            SetBefore = ulong.MaxValue,
        };
        tail = tail with { Before = [.. tail.Before, .. Tail.Parts.Skip(first + 3).Take(last - first - 3).SelectMany(p => p.Items)] };
        var result = new OrderSearch(tail, [Trees.Architectures[1]], seed: 1, workloads: 300).Run(CancellationToken.None);
        Assert.Equal(InvariantId.TagPreservation, Needed("ArchSwapRestore", "SwapFree").Finding!.Invariant);
        var freed = Needed("FolioFreeSwap", "FolioRefCount");
        Assert.Equal(InvariantId.ExclusiveDetected, freed.Finding!.Invariant);
        Assert.Equal("SwapFree", freed.When?.First.Name);
        Assert.Equal(result.Safe, result.Allowed);
        Assert.True(result.Safe > 1 && result.Safe < result.Tried);

        NecessaryOrder Needed(string a, string b) => Assert.Single(result.Necessary, n => n.First.Name == a && n.Second.Name == b);
    }

    [Fact]
    public void What_the_kernel_breaks_in_its_own_order_is_not_asked_and_said()
    {
        var tail = SourceTail.Of(Trees.Read(Trees.Patched("tags-freed-before-restore")), HelperTable.Own);
        var result = new OrderSearch(tail with { Parts = [.. tail.Parts.Take(1)], After = [.. tail.Parts.Skip(1).SelectMany(p => p.Items), .. tail.After] }, [Trees.Architectures[1]], seed: 1, workloads: 10).Run(CancellationToken.None);
        Assert.Contains(InvariantId.TagPreservation, Assert.Single(result.Unasked).Broken.Members());
    }

    [Theory]
    [InlineData("\tarch_swap_restore(entry, folio);\n\tswap_free", "\tif (exclusive)\n\t\tgoto middle;\n\tarch_swap_restore(entry, folio);\nmiddle:\n\tswap_free", "leads into the tail")]
    [InlineData("\tif (unlikely(!folio_test_uptodate(folio))) {\n\t\tret = VM_FAULT_SIGBUS;\n\t\tgoto out_nomap;\n\t}\n", "", "where its tail begins")]
    public void A_tail_that_cannot_be_moved_in_is_refused(string from, string to, string why) =>
        Assert.Contains(why, Assert.Throws<SourceException>(() => SourceTail.Of(Trees.Read(Trees.Edited("mm/memory.c", from, to)), HelperTable.Own)).Message, StringComparison.Ordinal);

    private static int Index(string name) => Tail.Parts.Select((p, i) => (p.Name, i)).First(p => p.Name == name).i;
}
