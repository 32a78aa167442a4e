using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Paths;
using Hooks.KernelSource;
using Xunit;

namespace Hooks.Source;

/// <summary>Kernels of before folios.</summary>
public class OlderTests
{
    private const string Mapped = "\tvmf->orig_pte = pte;\n\tdo_page_add_anon_rmap(page, vma, vmf->address, exclusive);\n";

    private const string Hooked = "\tarch_do_swap_page(vma->vm_mm, vma, vmf->address, pte, vmf->orig_pte);\n";

    [Fact]
    public void A_small_5_17_is_the_catalogues()
    {
        var read = Trees.Read(Trees.Older);
        Assert.Equal("v5.17", read.Like.Name);
        Assert.Empty(read.Unknowns);
        Assert.Equal([PathId.DoSwapPage, PathId.DoWpPage, PathId.SwapOff, PathId.DupMmap, PathId.ShrinkFolioList], read.Read.Select(r => r.Path));
        Equivalence.Holds(read.Like, read.Kernel!, 2000);
    }

    /// <summary>c145e0b47c77 itself: until 5.17 a write fault takes a page for its own though somebody has it pinned.</summary>
    [Fact]
    public void Reuse_that_ignores_pins_is_found()
    {
        Assert.Contains(InvariantId.PinStability, Trees.Broken(Trees.Read(Trees.Older).Kernel!, Trees.Architectures[0]).Members());
    }

    /// <summary>1eba86c096e3 moved the mapping behind the rmap, and with it the hook behind vmf->orig_pte.</summary>
    [Fact]
    public void The_hook_before_5_17_gets_the_swap_pte()
    {
        var text = Trees.Older.Read("mm/memory.c")!;
        Assert.Contains(Mapped, text, StringComparison.Ordinal);
        var moved = text.Replace(Mapped, "", StringComparison.Ordinal).Replace(Hooked, Hooked + Mapped, StringComparison.Ordinal);
        var files = new TextFiles([.. Trees.Paths.Select(p => (p, p == "mm/memory.c" ? moved : Trees.Older.Read(p)!))]);
        var read = SourceKernel.Of(new SourceTree(files), KernelCatalogue.Get("v5.16"), KernelSource.Paths.HelperTable.Own);
        Assert.Empty(read.Unknowns);
        Equivalence.Holds(read.Like, read.Kernel!, 2000);
        var steps = read.Kernel![PathId.DoSwapPage].Steps.Select(step => step.Name).ToList();
        Assert.True(steps.IndexOf("ArchDoSwapPage") < steps.IndexOf("AddAnonRmapUnmarked"));
    }
}
