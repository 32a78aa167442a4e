using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Paths;

namespace Hooks.Core.Search;

/// <summary>A part of a path that moves as one: a step of a path written by hand, a statement of one that is read.</summary>
/// <param name="Name">What it is called; unique in its path.</param>
/// <param name="Place">Where it stands in the source; empty for a step written by hand.</param>
/// <param name="Items">What it does.</param>
/// <param name="Reads">The locals that it reads before it sets them, a bit each.</param>
/// <param name="Sets">The locals that it sets.</param>
/// <param name="FlagsRead">Flags of the task that it is known to read.</param>
/// <param name="FlagsSet">Flags that it is known to set. (What a step does with flags besides is found out by running it.)</param>
internal sealed record Movable(string Name, string Place, IReadOnlyList<PathItem> Items, ulong Reads, ulong Sets, TaskFlags FlagsRead = TaskFlags.None, TaskFlags FlagsSet = TaskFlags.None);

/// <summary>do_swap_page() in three pieces: what stands before its tail, the parts of the tail, which may be put into another order, and what stands behind it.</summary>
/// <param name="Kernel">The kernel.</param>
/// <param name="Before">What stands before.</param>
/// <param name="Parts">The parts, in the kernel's order.</param>
/// <param name="After">What stands behind.</param>
/// <param name="SetBefore">The locals that are set when the tail begins, a bit each.</param>
internal sealed record MovableTail(Kernel Kernel, IReadOnlyList<PathItem> Before, IReadOnlyList<Movable> Parts, IReadOnlyList<PathItem> After, ulong SetBefore)
{
    /// <summary>The tail of a path written by hand: its steps.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="from">The first step that may move; null: the one behind the last check.</param>
    /// <param name="to">The last; null: the one before the folio is unlocked.</param>
    public static MovableTail Of(Kernel kernel, Step? from = null, Step? to = null)
    {
        var items = kernel[PathId.DoSwapPage].Items.ToList();
        var first = from is null ? 1 + items.FindIndex(i => i.Step == DoSwapPage.FolioTestUptodate) : items.FindIndex(i => i.Step == from);
        var last = to is null ? items.FindIndex(i => i.Step == DoSwapPage.FolioUnlock) : 1 + items.FindIndex(i => i.Step == to);
        PathItem[] before = [.. items.Take(first)];
        return new MovableTail(
            kernel,
            before,
            [.. items.Skip(first).Take(last - first).Select(i => i.Step!).Select(s => new Movable(s.Name, "", [s], Union(s.Instructions, i => i.Reads), Union(s.Instructions, i => i.Sets)))],
            [.. items.Skip(last)],
            (ulong)Locals.OrigPte | Union(before.SelectMany(i => i.Step?.Instructions ?? (i.Instruction is null ? [] : [i.Instruction])), i => i.Sets));
    }

    /// <summary>The kernel with the parts in another order.</summary>
    public Kernel InOrder(IEnumerable<int> order) =>
        Kernel.Mutated($"{Kernel.Name}-reordered", "another order of its steps", new KernelPath(PathId.DoSwapPage, "do_swap_page()", [.. Before, .. order.SelectMany(i => Parts[i].Items), .. After]));

    private static ulong Union(IEnumerable<Instruction> instructions, Func<Instruction, Locals> of) => instructions.Aggregate(0UL, (set, i) => set | (ulong)of(i));
}
