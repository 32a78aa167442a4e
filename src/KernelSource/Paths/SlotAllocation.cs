using Hooks.Core.Mm;
using Hooks.KernelSource.C;

namespace Hooks.KernelSource.Paths;

/// <summary>
/// Gives each variable one of the task's local slots, or a bit of one. Two variables that are never needed at the same time may have the same one; what is needed
/// while another path runs gets one that this path leaves alone.
/// </summary>
internal static class SlotAllocation
{
    /// <summary>From this number on a variable is a bit of <see cref="Bits"/>.</summary>
    public const int FirstBit = 16;

    /// <summary>The slot whose bits are truth values.</summary>
    public const int Bits = 15;

    /// <summary>Slots of a path that calls another, kept while that runs: entries, a number, and half of the bits.</summary>
    public static IReadOnlyList<int> OverCalls { get; } = [4, 5, 14, .. Enumerable.Range(FirstBit, 16)];

    private static readonly Dictionary<Holds, int[]> Kinds = new()
    {
        [Holds.Folio] = [0, 1, 2, 3],
        [Holds.Entry] = [4, 5],
        [Holds.Pte] = [7, 8, 9, 6],
        [Holds.Number] = [13, 11, 10, 14],
        [Holds.Truth] = [.. Enumerable.Range(FirstBit, 32)],
    };

    /// <summary>Allocates; the slots used are those of the variables.</summary>
    /// <param name="function">The function.</param>
    /// <param name="code">Its instructions.</param>
    /// <param name="reserved">Slots that are somebody else's.</param>
    /// <param name="called">Whether it is called by another path, and must leave alone what that keeps.</param>
    /// <param name="shuffled">Instructions that may yet be put into another order: what is needed in one of them gets a slot of its own.</param>
    /// <param name="kept">The slots that are kept over calls; null: <see cref="OverCalls"/>.</param>
    /// <returns>Variables that may be read before they are set.</returns>
    /// <exception cref="SourceException">There are not enough.</exception>
    public static IReadOnlyList<Variable> Run(Function function, List<IrItem> code, Locals reserved, bool called, Range shuffled = default, IReadOnlyList<int>? kept = null)
    {
        kept ??= OverCalls;
        var labels = Simplify.Labels(code);
        var variables = code.SelectMany(i => (i.Value?.All() ?? []).OfType<Use>().Select(u => u.Variable).Append(i.Target!)).Where(v => v is not null).Distinct().ToList();
        var number = variables.Select((v, i) => (v, i)).ToDictionary(p => p.v, p => p.i);
        var live = Liveness(code, labels, number);
        var conflicts = variables.ConvertAll(_ => new HashSet<int>());
        var overCalls = new HashSet<int>();
        for (var at = 0; at < code.Count; at++)
        {
            var after = Simplify.Next(code, labels, at).Where(n => n < code.Count).SelectMany(n => live[n]).ToHashSet();
            if (code[at].Code == IrCode.Call) overCalls.UnionWith(after);
            if (code[at].Target is not { } target) continue;
            var copyOf = code[at].Value is Use use ? number[use.Variable] : -1;
            foreach (var other in after.Where(o => o != number[target] && o != copyOf)) Conflict(number[target], other);
        }

        // What is there at the beginning is there together.
        var first = code.Count > 0 ? live[0].Concat(variables.Where(v => v.Fixed >= 0 || v.AtEntry is not null).Select(v => number[v])).Distinct().ToList() : [];
        Together(first);

        if (!shuffled.Equals(default)) Together([.. code.Take(shuffled).SelectMany(i => (i.Value?.All() ?? []).OfType<Use>().Select(u => u.Variable).Append(i.Target!)).Where(v => v is not null).Select(v => number[v]).Concat(live[shuffled.End.Value]).Distinct()]);
        foreach (var variable in variables.Where(v => v.Fixed >= 0)) variable.Slot = variable.Fixed;
        foreach (var variable in variables.Where(v => v.Fixed < 0).OrderByDescending(v => overCalls.Contains(number[v])).ThenByDescending(v => conflicts[number[v]].Count).ThenBy(v => number[v]))
        {
            if (!Kinds.TryGetValue(variable.Holds, out var slots)) continue;
            var taken = conflicts[number[variable]].Select(c => variables[c].Slot).ToHashSet();
            var over = overCalls.Contains(number[variable]);
            var free = slots.Where(s => !taken.Contains(s) && (s >= FirstBit || (reserved & (Locals)(1 << s)) == 0) && (called ? !kept.Contains(s) : !over || kept.Contains(s))).ToList();
            if (free.Count == 0)
            {
                var together = string.Join(", ", conflicts[number[variable]].Select(c => variables[c]).Where(v => v.Holds == variable.Holds).Select(v => v.Name).Append(variable.Name));
                throw new SourceException($"{function.File}:{function.Line}: {function.Name}() needs more variables at once than a task of the model has ({together}); this is a limit of Hooks, please report it");
            }

            variable.Slot = free[0];
        }

        return [.. code.Count > 0 ? live[0].Select(v => variables[v]).Where(v => v.Fixed < 0 && v.AtEntry is null) : []];

        void Together(List<int> all)
        {
            foreach (var a in all)
            {
                foreach (var b in all.Where(b => b != a)) Conflict(a, b);
            }
        }

        void Conflict(int a, int b)
        {
            conflicts[a].Add(b);
            conflicts[b].Add(a);
        }
    }

    /// <summary>The variables that are needed in front of each instruction.</summary>
    private static HashSet<int>[] Liveness(List<IrItem> code, Dictionary<string, int> labels, Dictionary<Variable, int> number)
    {
        var live = new HashSet<int>[code.Count];
        for (var at = 0; at < code.Count; at++) live[at] = [];
        for (var changed = true; changed;)
        {
            changed = false;
            for (var at = code.Count - 1; at >= 0; at--)
            {
                var before = live[at].Count;
                foreach (var next in Simplify.Next(code, labels, at).Where(n => n < code.Count))
                {
                    foreach (var v in live[next])
                    {
                        if (code[at].Target is not { } target || number[target] != v) live[at].Add(v);
                    }
                }

                foreach (var use in (code[at].Value?.All() ?? []).OfType<Use>()) live[at].Add(number[use.Variable]);
                changed |= live[at].Count != before;
            }
        }

        return live;
    }
}
