using System.Collections.Immutable;
using Hooks.KernelSource.C;

namespace Hooks.KernelSource.Paths;

/// <summary>What is left of a function when all that cannot happen has been taken away.</summary>
/// <param name="Lowered">The function, and all that is read in its place.</param>
/// <param name="Code">What is left.</param>
/// <param name="Unknowns">What the model does not know of it.</param>
internal sealed record LiveCode(Lowered Lowered, List<IrItem> Code, ImmutableArray<Unknown> Unknowns)
{
    /// <summary>
    /// Lowers a function and takes away what cannot happen. A function that is called in what is left and that no table knows is read as well if it stands in one of the files: a patch may give a part
    /// of a function a name of its own.
    /// </summary>
    public static LiveCode Of(SourceTree tree, HelperTable table, PathEntry entry, Function function)
    {
        var inlined = new HashSet<string>(StringComparer.Ordinal);
        while (true)
        {
            var lowered = Lowering.Of(tree, table, entry, function, inlined);
            var code = Simplify.Run(entry.IgnoresResult ? lowered.Code.ConvertAll(i => i.Code == IrCode.Return ? i with { Value = null } : i) : lowered.Code);
            var unknowns = UnknownsIn(code, function, entry).ToImmutableArray();
            var before = inlined.Count;
            inlined.UnionWith(unknowns.Where(u => IsThere(tree, entry, u)).Select(u => u.Callee!));
            if (inlined.Count == before) return new LiveCode(lowered, code, unknowns);
        }
    }

    private static bool IsThere(SourceTree tree, PathEntry entry, Unknown unknown)
    {
        try
        {
            return unknown.Callee is { } name && Lowering.Callee(tree, entry, unknown.File, name) is not null;
        }
        catch (SourceException)
        {
            // It cannot be parsed: then it is the call that is not known.
            return false;
        }
    }

    private static IEnumerable<Unknown> UnknownsIn(List<IrItem> code, Function function, PathEntry entry)
    {
        foreach (var known in code.SelectMany(i => i.Value?.All() ?? []).OfType<NotKnown>()) yield return known.What;
        foreach (var item in code.Where(i => i.Target is { Holds: Holds.Unknown })) yield return new Unknown(item.Origin.File, item.Origin.Line, $"variable {item.Target!.Type} {item.Target.Name}");
        foreach (var item in code)
        {
            foreach (var use in (item.Value?.All() ?? []).OfType<Use>().Where(u => u.Variable.Holds is Holds.Unknown or Holds.Handle)) yield return new Unknown(item.Origin.File, item.Origin.Line, $"value of {use.Variable.Type} {use.Variable.Name}");
        }

        var labels = Simplify.Labels(code);
        foreach (var jump in code.Where(i => i.Code is IrCode.Jump or IrCode.Unless && !labels.ContainsKey(i.Label))) yield return new Unknown(jump.Origin.File, jump.Origin.Line, $"label {jump.Label}");
        foreach (var twice in code.Where(i => i.Code == IrCode.Label).GroupBy(i => i.Label, StringComparer.Ordinal).Where(g => g.Count() > 1)) yield return new Unknown(twice.Last().Origin.File, twice.Last().Origin.Line, $"label {twice.Key}, which stands twice");
        foreach (var twice in code.Where(i => i.Code == IrCode.Call && i.Callee == entry.Path).Skip(1)) yield return new Unknown(twice.Origin.File, twice.Origin.Line, $"{twice.Origin.Text}, a second time");
        if (code.Count == 0) yield return new Unknown(function.File, function.Line, $"{function.Name}() has no statements");
    }
}
