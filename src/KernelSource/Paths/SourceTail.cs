using System.Globalization;
using Hooks.Core.Mm;
using Hooks.Core.Paths;
using Hooks.Core.Search;
using Hooks.KernelSource.C;

namespace Hooks.KernelSource.Paths;

/// <summary>
/// The tail of a do_swap_page() that was read, from its last check to the unlocking of the folio, as statements that may be put into another order. A statement of its outermost block
/// moves as one; what touches only the task goes with the statement before it, and counters that stand together stay together. The kernel's assertions are left
/// out: they say what holds at their place in the order that the kernel has.
/// </summary>
public static class SourceTail
{
    /// <summary>The tail of a kernel's do_swap_page().</summary>
    /// <exception cref="SourceException">There is none in it that statements could be moved in.</exception>
    internal static MovableTail Of(SourceKernel kernel, HelperTable table)
    {
        var entry = PathEntries.All.First(e => e.Path == PathId.DoSwapPage);
        var function = kernel.Tree.Find(entry.Files[0], entry.Name)!;
        var code = LiveCode.Of(kernel.Tree, table, entry, function).Code.Where(i => i.Value is not Apply { Row: var row } || row != IrText.Assertion).ToList();
        var where = $"{function.File}:{function.Line}: {function.Name}()";
        var check = code.FindIndex(i => Applies(i, nameof(Primitives.TestUptodate)));
        if (check < 0) throw new SourceException($"{where} does not ask whether the folio is up to date, which is where its tail begins for 'order'");
        var first = code.FindLastIndex(i => i.Statement == code[check].Statement) + 1;
        var unlock = code.FindIndex(first, i => Applies(i, nameof(Primitives.FolioUnlock)));
        if (unlock < 0) throw new SourceException($"{where} does not unlock the folio behind its last check, which is where its tail ends for 'order'");
        var end = code.FindIndex(i => i.Statement == code[unlock].Statement);
        if (end < first) throw new SourceException($"{where} unlocks the folio in the statement of its last check; there is nothing to be put into another order");

        // What leads up to the first step stands where it stands.
        while (first < end && !code.Where(i => i.Statement == code[first].Statement).Any(i => i.Value?.IsShared == true)) first++;
        var labels = code.Take(first..end).Where(i => i.Code == IrCode.Label).ToDictionary(i => i.Label, i => i.Statement, StringComparer.Ordinal);
        foreach (var item in code)
        {
            if (item.Code is IrCode.Jump or IrCode.Unless && labels.TryGetValue(item.Label, out var target) && target != item.Statement) throw new SourceException($"{item.Origin.File}:{item.Origin.Line}: {item.Origin.Text} leads into the tail of {function.Name}(); its statements cannot be put into another order");
            if (item.Code == IrCode.Call && labels.ContainsValue(item.Statement)) throw new SourceException($"{item.Origin.File}:{item.Origin.Line}: {item.Origin.Text} calls another path; the statements of the tail cannot be put into another order");
        }

        var uninitialised = SlotAllocation.Run(function, code, entry.Reserved, entry.IsCalled, first..end);
        var groups = PathBuilder.Groups(code, uninitialised, PathBuilder.LeaveFault);
        var parts = Parts(function, code, first, end, groups);
        var before = code.Take(first).Where(i => i.Target is not null).Aggregate(Bit(uninitialised), (set, i) => set | Bit([i.Target!]));
        return new MovableTail(
            kernel.Kernel!,
            [.. groups.Take(1 + first).SelectMany(g => g)],
            parts,
            [.. groups.Skip(1 + end).SelectMany(g => g)],
            before | Bit(code.SelectMany(i => i.Value?.All() ?? []).OfType<Use>().Select(u => u.Variable).Where(v => v.Fixed >= 0 || v.AtEntry is not null)));
    }

    private static List<Movable> Parts(Function function, List<IrItem> code, int first, int end, List<List<PathItem>> groups)
    {
        var parts = new List<Movable>();
        var from = first;
        for (var at = first; at < end; at++)
        {
            var next = at + 1;
            if (next < end && (code[next].Statement == code[at].Statement || !IsPart(next))) continue;
            var items = code[from..next];
            var applied = items.SelectMany(i => i.Value?.All() ?? []).OfType<Apply>().ToList();
            var name = PathBuilder.NameOf([.. applied.Where(a => a.Row.Role is Role.Step or Role.Query)]);
            var place = function.Body.Statements[items.First(i => i.Value?.IsShared == true).Statement];
            var same = parts.Count(p => p.Name == name || p.Name.StartsWith(name + "#", StringComparison.Ordinal));
            parts.Add(new Movable(
                same == 0 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}#{same + 1}"),
                $"{function.File}:{place.Line}: {SourceMutants.Text(place)}",
                [.. groups.Skip(1 + from).Take(next - from).SelectMany(g => g)],
                Exposed(items),
                Bit(items.Select(i => i.Target).OfType<Variable>()),
                applied.Any(a => a.Row.Primitive?.Name == nameof(Primitives.FaultFlags)) ? TaskFlags.WriteLeft | TaskFlags.Unshare : TaskFlags.None,
                applied.Any(a => a.Row.Primitive?.Name == nameof(Primitives.SetFaultFlags)) ? TaskFlags.WriteLeft : TaskFlags.None));
            from = next;
        }

        return parts;

        // Whether a statement is a part of its own, and does not go with the one before it.
        bool IsPart(int at)
        {
            var shared = code.Where(i => i.Statement == code[at].Statement).SelectMany(Shared).ToList();
            return shared.Count > 0 && !(shared.TrueForAll(IsCounter) && code.Where(i => i.Statement == code[at - 1].Statement).SelectMany(Shared).DefaultIfEmpty().All(a => a is not null && IsCounter(a)));
        }

        static IEnumerable<Apply> Shared(IrItem i) => (i.Value?.All() ?? []).OfType<Apply>().Where(a => a.Row.Role is Role.Step or Role.Query);

        static bool IsCounter(Apply a) => a.Row.Primitive!.Name is nameof(Primitives.AddMmCounter) or nameof(Primitives.IncMmCounter) or nameof(Primitives.DecMmCounter);
    }

    /// <summary>What is read that nothing before it in the same part has set for certain.</summary>
    private static ulong Exposed(List<IrItem> items)
    {
        var (reads, set, straight) = (0UL, 0UL, true);
        foreach (var item in items)
        {
            reads |= Bit((item.Value?.All() ?? []).OfType<Use>().Select(u => u.Variable)) & ~set;
            straight &= item.Code == IrCode.Do;
            if (straight && item.Target is { } target) set |= Bit([target]);
        }

        return reads;
    }

    private static ulong Bit(IEnumerable<Variable> variables) => variables.Aggregate(0UL, (set, v) => set | (1UL << v.Slot));

    private static bool Applies(IrItem item, string primitive) => item.Value?.All().Any(i => i is Apply { Row.Primitive: { } p } && p.Name == primitive) == true;
}
